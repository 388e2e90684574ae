import type { LogStyle } from '../view.ts';

/**
 * Levels that stand out, as in dmesg --color (util-linux 2.38, set_level_color in sys-utils/dmesg.c). That
 * leaves emerg without colour; here it looks like alert, the next level.
 */
const LEVELS: readonly LogStyle[] = ['logAlert', 'logAlert', 'logCritical', 'logError', 'logWarning'];

/**
 * Returns how a message looks.
 * @param level 0 (emerg) to 7 (debug); null if the record has none
 * @param message what follows the subsystem
 */
export function levelStyle(level: number | null, message: string): LogStyle | undefined {
  const style = level === null ? undefined : LEVELS[level];
  return style ?? (message.includes('segfault at') ? 'logSegfault' : undefined);
}

/** A colon, a blank, and at least one more character. */
const SOURCE_END = /:[ \t](?=.|\n)/;

/**
 * Where the name of the subsystem in front of a message ends, such as "usb 1-1: ", with the blank; 0 if there
 * is none (get_subsys_delimiter in sys-utils/dmesg.c).
 */
export function sourceEnd(text: string): number {
  const colon = text.search(SOURCE_END);
  return colon < 0 ? 0 : colon + 2;
}
