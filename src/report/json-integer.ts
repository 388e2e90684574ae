/** An integer in JSON: a number up to 2^53, which every reader has exactly, and decimal text past that. */
export function jsonInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
