/** An address or number as 0x hex, for messages. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
