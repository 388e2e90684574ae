import { milliseconds } from '../bytes/clock.ts';

/** When the program began, by the clock of milliseconds(). */
const BEGUN = milliseconds();
/** Milliseconds from the first line of the program on in which no major collection has been: the heap has its first, generous limit. */
const SHORT_RUN = 120;
/**
 * Bytes of a heap, and of buffers beside it, that are below any limit: V8 sets none that is less than 8 MiB above what was
 * in the heap when it was set (MinimumAllocationLimitGrowingStep), and Node.js alone has 3.
 */
const SMALL_HEAP = 10 * 2 ** 20;

/**
 * Collects garbage before the process ends. While Node ends it waits for V8's compiler threads, and one of these may
 * wait for a collection that the main thread no longer does: the process hangs (nodejs/node#54918, in every version so
 * far). A heap that was just collected is below its limit, as a small one is, so none of them asks.
 */
export function collectBeforeExit(begun = BEGUN): void {
  if (milliseconds() - begun < SHORT_RUN) return;
  // Loaded here, for many runs are short, and it brings streams along. process.memoryUsage() would open a file of /proc.
  const { getHeapStatistics, setFlagsFromString } = process.getBuiltinModule('node:v8');
  const { used_heap_size, external_memory } = getHeapStatistics();
  if (used_heap_size + external_memory < SMALL_HEAP) return;
  setFlagsFromString('--expose-gc');
  const collect = collector(process.getBuiltinModule('node:vm'));
  if (typeof collect === 'function') collect();
}

function collector(vm: typeof import('node:vm')): unknown {
  try {
    return vm.runInNewContext('gc');
  } catch {
    // No memory for a context: the result is out, and is worth no less.
    return undefined;
  }
}
