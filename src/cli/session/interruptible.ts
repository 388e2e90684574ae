/** What node:vm throws after Ctrl-C ended a script. */
const INTERRUPTED = 'ERR_SCRIPT_EXECUTION_INTERRUPTED';
/** Milliseconds in which a signal to the own process arrives, on whichever thread. */
const COMES = 1000;

/**
 * Runs work that never returns to the event loop, so that no signal handler could run before its end. Ctrl-C
 * ends the work wherever it is, without its catch and finally blocks. Then `last` is called, and the process
 * ends by that signal.
 */
export function interruptible<T>(work: () => T, last: () => void): T {
  // Loaded here because only terminals need it.
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

/** The error is from another realm, so it is not an instance of this realm's Error. */
function isInterruption(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === INTERRUPTED;
}
