/** Where a text is shown. */
export interface Terminal {
  readonly color: boolean;
  /** Columns that a line may take. */
  readonly width: number;
  /** Whether it is a terminal, which must get no control character, and not a pipe or a file. */
  readonly isTerminal: boolean;
}

/** Columns for a pipe or a file and for a terminal that does not know its own (a serial line), and the least there is. */
const LEAST_WIDTH = 80;

interface Output {
  readonly color: boolean;
  /** Columns of the terminal, undefined where there is none. */
  readonly columns: number | undefined;
  readonly isTerminal: boolean;
}

/** What a renderer needs to know of an output. */
export function terminal({ color, columns, isTerminal }: Output): Terminal {
  return { color, width: Math.max(LEAST_WIDTH, columns ?? 0), isTerminal };
}
