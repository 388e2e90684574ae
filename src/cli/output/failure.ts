import { type ErrorReport, errorReport } from '../../report/error-report.ts';
import { escapeLines, escapeText, jsonLine } from '../../report/escape.ts';
import { EXIT } from './output.ts';
import { clearLine } from './status-line.ts';
import { ReaderGone, say } from './write.ts';

/** How a failure is shown. */
export interface ShownFailure {
  /** As one JSON object on one line. Nothing else may be on stderr then. */
  readonly json?: boolean | undefined;
  /** With where it comes from in the program. */
  readonly debug?: boolean | undefined;
}

/** Prints to stderr what went wrong and what to do about it. Returns the exit status. */
export function reportFailure(error: unknown, { json = false, debug = false }: ShownFailure): number {
  if (error instanceof ReaderGone) return EXIT.done;
  clearLine();
  const stack = debug && error instanceof Error ? error.stack : undefined;
  const report = errorReport(error, stack);
  say(json ? `${jsonLine(report)}\n` : textOf(report));
  return report.error.kind === 'usage' ? EXIT.usage : EXIT.failed;
}

function textOf({ error: { message, hint, stack } }: ErrorReport): string {
  const advice = hint === undefined || hint === '' ? '' : `  ${escapeText(hint)}\n`;
  const places = stack === undefined ? '' : `${escapeLines(stack)}\n`;
  return `kdump-inspect: ${escapeText(message)}\n${advice}${places}`;
}
