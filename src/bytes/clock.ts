/** Milliseconds of a monotonic clock. Node.js takes 2 ms to load `performance`, the other such clock. */
export function milliseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
