import type { PageClass } from '../../src/pages/classify/page-class.ts';
import type { InfoReport } from '../../src/report/info-report.ts';
import type { LayoutReport } from '../../src/report/layout-report.ts';
import type { PageReport } from '../../src/report/page-report.ts';
import type { PagesReport } from '../../src/report/pages-report.ts';
import type { PsReport } from '../../src/report/ps-report.ts';
import type { SegmentsReport } from '../../src/report/segments-report.ts';
import type { StructReport } from '../../src/report/struct-report.ts';
import type { SymbolsReport } from '../../src/report/symbols-report.ts';
import type { UsageReport } from '../../src/report/usage-report.ts';
import type { VmcoreinfoReport } from '../../src/report/vmcoreinfo-report.ts';
import { run } from '../support/run.ts';
import { saidIn } from '../support/said.ts';
import { violations } from '../support/schema.ts';

interface Reports {
  readonly info: InfoReport;
  readonly layout: LayoutReport;
  readonly page: PageReport;
  readonly pages: PagesReport;
  readonly ps: PsReport;
  readonly segments: SegmentsReport;
  readonly struct: StructReport;
  readonly symbols: SymbolsReport;
  readonly usage: UsageReport;
  readonly vmcoreinfo: VmcoreinfoReport;
}

/** Reads what a command printed with --json, which must match its schema. */
export function readReport<Command extends keyof Reports>(command: Command, text: string): Reports[Command] {
  const document: unknown = JSON.parse(text);
  const wrong = violations(command, document);
  if (wrong.length > 0) throw new Error(`${command} --json violates its schema: ${wrong.join('; ')}`);
  return document as Reports[Command];
}

/** Runs the built program on a file of this machine, which must succeed. */
export function inspect<Command extends keyof Reports>(
  command: Command,
  file: string,
  ...options: readonly string[]
): Reports[Command] {
  const ran = run([command, file, ...options, '--json']);
  if (ran.status !== 0) throw new Error(`${command} ${file} exited with ${ran.status}: ${saidIn(ran)}`);
  return readReport(command, ran.stdout);
}

/** The pages of each class. A class that could not be counted becomes NaN, which equals nothing. */
export function pagesOf(report: PagesReport): Record<PageClass, number> {
  const rows = Object.entries(report.classes).map(([name, row]) => [name, row.pages ?? Number.NaN]);
  return Object.fromEntries(rows) as Record<PageClass, number>;
}

/** The sum of a report's classes. */
export const sumOfClasses = (report: PagesReport): number =>
  Object.values(pagesOf(report)).reduce((sum, pages) => sum + pages, 0);

/** The same if not everything is known: what is certain of each class, plus the pages of unknown class. */
export const sumOfFigures = ({ classes, unknown }: PagesReport): number =>
  Object.values(classes).reduce(
    (sum, { pages, atLeast }) => sum + (pages ?? atLeast?.pages ?? Number.NaN),
    unknown.pages,
  );

/** A value in hex, which may be negative, because a kernel can lie below its link address. */
export function hexValue(text: string | null): bigint {
  if (text === null) throw new Error('the program did not find this value');
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}
