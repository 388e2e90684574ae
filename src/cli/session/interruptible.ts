/** What node:vm throws when Ctrl-C ended a script. */
const INTERRUPTED = 'ERR_SCRIPT_EXECUTION_INTERRUPTED';
/** Milliseconds in which a signal to the process itself comes, whichever of its threads the system gives it to. */
const COMES = 1000;

/**
 * Does work that does not let the event loop go round, so that no handler of a signal could run before it is over. Ctrl-C
 * ends it wherever it is, none of its catch and finally blocks run, `last` is called, and the process ends by that signal.
 */
export function interruptible<T>(work: () => T, last: () => void): T {
  // Loaded here, since it is for terminals alone.
  const { runInNewContext } = process.getBuiltinModule('node:vm');
  try {
    return runInNewContext('work()', { work }, { breakOnSigint: true, displayErrors: false });
  } catch (error) {
    if (!isInterruption(error)) throw error;
    last();
    process.kill(process.pid, 'SIGINT');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, COMES);
    throw error;
  }
}

/** It is an error of the script's own realm, and no instance of this one's Error. */
function isInterruption(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === INTERRUPTED;
}
