import { Chalk } from 'chalk';

/** What a text report needs to know of where it is shown. */
export interface Terminal {
  readonly color: boolean;
  /** A heading, bold where there is colour. */
  readonly bold: (text: string) => string;
  /** What is wrong, red where there is colour. */
  readonly alarm: (text: string) => string;
  /** Columns that a line may take. */
  readonly width: number;
}

/** Columns for a pipe or a file, for a terminal that does not know its own (a serial line), and the least there is. */
const LEAST_WIDTH = 80;

/** @param columns of the terminal, undefined where there is none */
export function terminal(color: boolean, columns: number | undefined): Terminal {
  const chalk = color ? new Chalk({ level: 1 }) : null;
  const plain = (text: string) => text;
  const [bold, alarm] = [chalk?.bold ?? plain, chalk?.red ?? plain];
  return { color, bold, alarm, width: Math.max(LEAST_WIDTH, columns ?? 0) };
}
