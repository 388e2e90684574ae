/** Signals by which people end a process: Ctrl-C, kill, a closed terminal. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work that no signal may interrupt. A signal that arrives meanwhile ends the process when the work is
 * done. At other times these signals end the process at once, except as beforeSignals() says.
 */
export async function holdingSignals<T>(work: () => T): Promise<T> {
  let came: NodeJS.Signals | undefined;
  const release = handle((signal) => {
    came = signal;
  });
  try {
    return work();
  } finally {
    // Handlers run only in the next turn of the event loop.
    await new Promise(setImmediate);
    release();
    if (came !== undefined) process.kill(process.pid, came);
  }
}

/**
 * Calls `last`, which must be quick, before a signal ends the process, until the returned function is called.
 * Only for work that returns to the event loop: otherwise the signal would have to wait.
 */
export function beforeSignals(last: () => void): () => void {
  const release = handle((signal) => {
    last();
    release();
    process.kill(process.pid, signal);
  });
  return release;
}

function handle(handler: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of ENDING) process.on(signal, handler);
  return () => {
    for (const signal of ENDING) process.off(signal, handler);
  };
}
