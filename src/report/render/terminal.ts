/** Where text is shown. */
export interface Terminal {
  readonly color: boolean;
  /** Columns of a line; Infinity if lines are not wrapped. */
  readonly width: number;
  /** Whether it is a terminal, which must not get control characters, and not a pipe or a file. */
  readonly isTerminal: boolean;
}

interface Output {
  readonly color: boolean;
  /** Columns of a line; undefined if lines are not wrapped. */
  readonly columns: number | undefined;
  readonly isTerminal: boolean;
}

export function terminal({ color, columns, isTerminal }: Output): Terminal {
  return { color, width: columns ?? Number.POSITIVE_INFINITY, isTerminal };
}
