/** The levels of syslog(3), by number, as dmesg of util-linux spells them. */
export const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'] as const;

/** The facilities of syslog(3), by number. */
const FACILITIES: readonly string[] = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['ntp', 'audit', 'alert', 'clock'],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];

/** A level's name; a level has 3 bits, so each has one. */
export function levelName(level: number): string {
  return LEVELS[level] ?? String(level);
}

/** A facility's name, or its number if it has none. */
export function facilityName(facility: number): string {
  return FACILITIES[facility] ?? String(facility);
}
