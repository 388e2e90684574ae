/** Signals that end a process and that people send: Ctrl-C, kill, a closed terminal. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work that no signal may break off; one that came meanwhile ends the process as soon as it is done. At other times
 * these signals end the process at once, wherever it is, but for what beforeSignals says.
 */
export async function holdingSignals<T>(work: () => T): Promise<T> {
  let came: NodeJS.Signals | undefined;
  const release = handle((signal) => {
    came = signal;
  });
  try {
    return work();
  } finally {
    // What came is told only when the event loop has gone round.
    await new Promise(setImmediate);
    release();
    if (came !== undefined) process.kill(process.pid, came);
  }
}

/**
 * Does something quick before a signal ends the process as it would have without, until what is returned is called.
 * Only for times when the event loop goes round: elsewhere the signal would have to wait.
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
