import { milliseconds } from '../bytes/clock.ts';

/** When the program started, by milliseconds(). */
const BEGUN = milliseconds();
/**
 * Milliseconds after the start in which there is no major collection yet, because the first limit of the heap
 * is generous.
 */
const SHORT_RUN = 120;
/**
 * Bytes of heap and buffers that are below any limit: V8 sets each limit at least 8 MiB above the size of the
 * heap at that time (MinimumAllocationLimitGrowingStep), and Node.js alone takes 3 MiB.
 */
const SMALL_HEAP = 10 * 2 ** 20;

/**
 * Collects garbage before the process ends. At exit Node.js waits for V8's compiler threads. One of them may
 * itself wait for a collection, which the main thread no longer does, so the process hangs
 * (nodejs/node#54918, in every version so far). They never ask for a collection while the heap is below its
 * limit: if it is small, or was just collected.
 */
export function collectBeforeExit(begun = BEGUN): void {
  if (milliseconds() - begun < SHORT_RUN) return;
  // Loaded here because most runs are short, and it loads streams too. process.memoryUsage() would open a
  // file in /proc.
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
    // There is no memory for a context. The result has been written already.
    return undefined;
  }
}
