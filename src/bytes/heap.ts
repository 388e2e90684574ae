/**
 * By how many percent the heap may grow between two collections. By default V8 lets it double or more while
 * memory is plentiful.
 */
const STEP = 20;

let sparing = false;

/**
 * Makes V8 collect garbage earlier from now on, for work that creates as many objects as a dump has:
 * otherwise half of the memory would be garbage. Collecting takes time, so call this only if there are very
 * many objects.
 */
export function spareHeap(): void {
  if (sparing) return;
  sparing = true;
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString(`--heap-growing-percent=${STEP}`);
  // Keep the young generation at its present size: Node.js 24 lets it grow to 128 MiB and more.
  setFlagsFromString('--semi-space-growth-factor=1');
}
