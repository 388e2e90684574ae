/** Microseconds of processor time below which no major collection has been, so the heap has its first, generous limit. */
const SHORT_RUN = 200_000;

/**
 * Collects garbage before the process ends. While Node ends it waits for V8's compiler threads, and one of these may
 * wait for a collection that the main thread no longer does: the process hangs (nodejs/node#54918, in every version so
 * far). A heap that was just collected is below its limit, so none of them asks.
 */
export function settle(): void {
  const { user, system } = process.cpuUsage();
  if (user + system < SHORT_RUN) return;
  // Loaded here, for most runs are short.
  process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc');
  const collect: unknown = process.getBuiltinModule('node:vm').runInNewContext('gc');
  if (typeof collect === 'function') collect();
}
