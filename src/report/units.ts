const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Bytes in the IEC unit that leaves one to four digits before the point. */
export function size(bytes: number | bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || Number.isInteger(value) || value >= 1000 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A share of a total in percent, with one digit after the point. */
export function percent(part: number, total: number): string {
  if (total === 0) return '-';
  return part === total ? '100' : ((100 * part) / total).toFixed(1);
}

/** "1 page", "2 pages". */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

/** Seconds since 1970 as date and time; as a number if they are past the last date. */
export function utc(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? String(seconds)
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Bytes in at most five characters, for narrow columns: 0, 512, 28K, 1.5M, 1023G. */
export function shortSize(bytes: number): string {
  return size(bytes).replace(/ (?:B|([KMGTPE])iB)$/, '$1');
}
