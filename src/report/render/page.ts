import type { Ruler } from './ruler.ts';
import type { Paint } from './styled-text.ts';

/** What text is laid out on. */
export interface Page {
  /** Columns of a line; Infinity if lines are not wrapped. */
  readonly width: number;
  readonly isTerminal: boolean;
  readonly ruler: Ruler;
  readonly paint: Paint;
}
