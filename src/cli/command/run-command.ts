import { INVARIANTS } from '../../report/invariant-rules.ts';
import { sound } from '../../report/invariants.ts';
import { jsonPieces } from '../../report/json-pieces.ts';
import type { Report } from '../../report/report.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { reportFailure } from '../output/failure.ts';
import { EXIT, type Output } from '../output/output.ts';
import { type Session, withDump } from '../session/session.ts';
import type { DumpCode, DumpCommand } from './command.ts';

/**
 * Runs a command on a dump and shows its report. Returns the exit status.
 * @param files the files of the dump; none for the live /proc/kcore
 * @param asked values of its operands and options, as it declares them
 */
export async function runOnDump(
  command: DumpCommand,
  files: readonly string[],
  asked: Asked,
): Promise<number> {
  const code = await command.load();
  return withDump(files, asked, (session) => show(code, session, asked));
}

/** The common options, and what else the command declares. */
export type Asked = CommonOptions & Readonly<Record<string, unknown>>;

/** Removes impossible values from the report, prints its warnings, and writes it as JSON or text. */
async function show(code: AnyCode, session: Session, asked: Asked): Promise<number> {
  const { output } = session;
  const made = await code.report(session, asked);
  const report = sound(made, INVARIANTS[made.schema] ?? []);
  const { isTerminal } = output;
  const { json = jsonPieces } = code;
  const warn = warner(report, output);
  warn();
  const text = asked.json ? json(report, { asked, isTerminal }) : await textOf(code, report, asked, output);
  for await (const piece of typeof text === 'string' ? [text] : text) {
    warn();
    output.result(piece);
  }
  warn();
  const failure = code.failed?.(report);
  // Text says it itself.
  if (failure) return asked.json ? reportFailure(failure, asked) : EXIT.failed;
  return report.complete && report.consistent !== false ? EXIT.done : EXIT.incomplete;
}

type AnyCode = DumpCode<unknown, Report>;

/** What renders text is loaded only for text, to keep start-up short. */
async function textOf(
  code: AnyCode,
  report: Report,
  asked: Asked,
  output: Output,
): Promise<AsyncIterable<string>> {
  const { renderText } = await import('../../report/render/render-text.ts');
  const { terminal } = await import('../../report/render/terminal.ts');
  return renderText(await code.view(report, asked), terminal(output));
}

/** Returns a function that prints new warnings: they can arise while rows are made and written. */
function warner(report: Report, output: Output): () => void {
  let given = 0;
  return () => {
    const { warnings } = report;
    while (given < warnings.length) output.warn(warnings[given++] ?? '');
  };
}
