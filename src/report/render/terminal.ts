/** Where text is shown. */
export interface Terminal {
  readonly color: boolean;
  /** Columns of a line. */
  readonly width: number;
  /** Whether it is a terminal, which must not get control characters, and not a pipe or a file. */
  readonly isTerminal: boolean;
}

/** The smallest width, also used for a pipe, a file, and a terminal without a known width (a serial line). */
const LEAST_WIDTH = 80;

interface Output {
  readonly color: boolean;
  /** Of the terminal; undefined if there is none. */
  readonly columns: number | undefined;
  readonly isTerminal: boolean;
}

export function terminal({ color, columns, isTerminal }: Output): Terminal {
  return { color, width: Math.max(LEAST_WIDTH, columns ?? 0), isTerminal };
}
