/** An address, mask or number as 0x hex; a negative one (phys_base) with its sign. */
export function hex(value: bigint | number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** An entry or address as 0x and all of its 16 digits, for columns. */
export function hex64(value: bigint): string {
  return `0x${value.toString(16).padStart(16, '0')}`;
}
