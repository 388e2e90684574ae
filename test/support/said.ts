import type { ErrorReport } from '../../src/report/error-report.ts';

/** What a run with --json printed. */
interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * What a run with --json says in words, as the same run without --json would say it on stderr: its warnings,
 * which are in the document, or its failure, which is the object on stderr. Anything else on stderr stays.
 */
export function saidIn({ stdout, stderr }: Printed): string {
  if (stderr !== '') return stderr.replace(/^\{"schema":"kdump-inspect\/error\/.*\n/m, failureIn);
  return warningsIn(stdout)
    .map((warning) => `kdump-inspect: warning: ${warning}\n`)
    .join('');
}

function failureIn(line: string): string {
  const { message, hint } = (JSON.parse(line) as ErrorReport).error;
  return `kdump-inspect: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`;
}

/** The warnings of a document, or those in the last line of JSON Lines; none if there is no document. */
function warningsIn(text: string): readonly string[] {
  const document = parsed(text) ?? parsed(text.trimEnd().split('\n').at(-1) ?? '');
  return document?.warnings ?? [];
}

function parsed(text: string): { readonly warnings?: readonly string[] } | undefined {
  try {
    return JSON.parse(text) as { readonly warnings?: readonly string[] };
  } catch {
    return undefined;
  }
}
