import type { ErrorReport } from '../../src/report/error-report.ts';
import type { Ran } from './run.ts';
import { violations } from './schema.ts';

/** The error that a run with --json printed to stderr, which must have nothing else and fit its schema. */
export function onlyError({ stderr }: Ran): ErrorReport {
  const [line = '', ...rest] = stderr.split('\n');
  const report = JSON.parse(line) as ErrorReport;
  const wrong = violations('error', report);
  if (rest.length !== 1 || rest[0] !== '') throw new Error(`stderr has more than one line: ${stderr}`);
  if (wrong.length > 0) throw new Error(`${line}: ${wrong.join('; ')}`);
  return report;
}
