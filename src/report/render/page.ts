import type { Ruler } from './ruler.ts';
import type { Paint } from './styled-text.ts';

/** What text is laid out on. */
export interface Page {
  /** Columns that a line may take. */
  readonly width: number;
  /** Whether a terminal shows it. */
  readonly isTerminal: boolean;
  readonly ruler: Ruler;
  readonly paint: Paint;
}
