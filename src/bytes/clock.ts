/** Milliseconds of a clock that only goes forward. `performance`, the other one, takes Node.js two of them to load. */
export function milliseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
