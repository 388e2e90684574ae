/** Columns of a terminal that does not know its own, such as a serial line. */
const UNKNOWN = 80;
/** struct winsize has 16 bits for the columns (include/uapi/asm-generic/termios.h). */
const MOST = 0xffff;

/** Columns that the environment asks for with COLUMNS; undefined if it has none, or nonsense. */
export function wantedColumns(): number | undefined {
  const { COLUMNS = '' } = process.env;
  const columns = /^\d+$/.test(COLUMNS) ? Number(COLUMNS) : 0;
  return columns > 0 && columns <= MOST ? columns : undefined;
}

/** Columns of the terminal that a stream is, at this moment. */
export function terminalColumns(stream: 'stdout' | 'stderr'): number {
  const terminal: { columns?: number; _refreshSize?: () => void } = process[stream];
  try {
    // Node.js learns of a new size from a signal, and handles signals only between turns of the event loop.
    terminal._refreshSize?.();
  } catch {
    // The terminal was closed.
  }
  return terminal.columns || UNKNOWN;
}
