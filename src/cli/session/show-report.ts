import { INVARIANTS } from '../../report/invariant-rules.ts';
import { sound } from '../../report/invariants.ts';
import { jsonPieces } from '../../report/json-pieces.ts';
import type { Terminal } from '../../report/terminal.ts';
import { EXIT } from '../output/output.ts';
import type { Session } from './session.ts';

/** What every report of these commands has. */
interface Shown {
  readonly schema: string;
  readonly warnings: readonly string[];
  readonly complete: boolean;
  /** Whether no figure is contradicted; a report that compares none with the kernel's has no such field. */
  readonly consistent?: boolean;
}

/**
 * Shows a report without what cannot be: its warnings, then JSON or text, which may come in pieces. What makes the text is loaded
 * only for text, for start-up time. Returns the exit status.
 */
export async function showReport<T extends Shown>(
  made: T,
  { output, options }: Session,
  textFor: (report: T, terminal: Terminal) => Promise<string | Iterable<string> | AsyncIterable<string>>,
): Promise<number> {
  const report = sound(made, INVARIANTS[made.schema] ?? []);
  for (const warning of report.warnings) output.warn(warning);
  if (options.json) for (const piece of jsonPieces(report)) output.result(piece);
  else {
    const text = await textFor(report, await terminalOf(output));
    for await (const piece of typeof text === 'string' ? [text] : text) output.result(piece);
  }
  return report.complete && report.consistent !== false ? EXIT.done : EXIT.incomplete;
}

async function terminalOf({ color, columns }: Session['output']): Promise<Terminal> {
  const { terminal } = await import('../../report/terminal.ts');
  return terminal(color, columns);
}
