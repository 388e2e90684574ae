import { OUTCOMES, type OutcomeKind } from './outcome.ts';
import type { ChangeResult } from './result.ts';

/**
 * A Markdown table of how many changes had which outcome, by kind of structure; then the silent ones, by what
 * was changed.
 */
export function summaryOf(results: readonly ChangeResult[]): string {
  const kinds = [...new Set(results.map(({ kind }) => kind))].sort();
  const used = OUTCOMES.filter((outcome) => results.some((result) => result.outcome === outcome));
  const row = (name: string, some: readonly ChangeResult[]) =>
    [name, some.length, ...used.map((outcome) => count(some, outcome))].join(' | ');
  const rows = kinds.map((kind) =>
    row(
      kind,
      results.filter((result) => result.kind === kind),
    ),
  );
  const table = [
    ['what was changed', 'changes', ...used].join(' | '),
    ['---', '---:', ...used.map(() => '---:')].join(' | '),
    ...rows,
    row('all', results),
  ];
  return `${table.map((line) => `| ${line} |`).join('\n')}\n\n${silentText(results)}`;
}

function count(results: readonly ChangeResult[], outcome: OutcomeKind): number {
  return results.filter((result) => result.outcome === outcome).length;
}

const FAULTS: ReadonlySet<OutcomeKind> = new Set(['SILENT', 'CRASH', 'LIMIT']);
const EXAMPLES = 4;

/** Faults by structure, field, way and figures, the most frequent first, with indexes to replay. */
function silentText(results: readonly ChangeResult[]): string {
  const groups = new Map<string, number[]>();
  for (const { outcome, kind, structure, field, command, figures, index } of results) {
    if (!FAULTS.has(outcome)) continue;
    const what = `${outcome} ${kind}: ${structure} ${field}: ${command?.split(':')[0]} ${figures?.slice(0, 3).join(', ') ?? ''}`;
    groups.set(what, [...(groups.get(what) ?? []), index]);
  }
  return [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([what, indexes]) => `${indexes.length} x ${what} (${indexes.slice(0, EXAMPLES).join(', ')})\n`)
    .join('');
}

/** A Markdown table of how many changes were silent before and after, by kind of structure. */
export function beforeAndAfter(before: readonly ChangeResult[], after: readonly ChangeResult[]): string {
  const kinds = [...new Set(before.map(({ kind }) => kind))].sort();
  const of = (results: readonly ChangeResult[], kind: string) =>
    results.filter((result) => result.kind === kind);
  const row = (name: string, was: readonly ChangeResult[], is: readonly ChangeResult[]) =>
    [name, was.length, count(was, 'SILENT'), is.length, count(is, 'SILENT')].join(' | ');
  const rows = kinds.map((kind) => row(kind, of(before, kind), of(after, kind)));
  const head = [
    'what was changed | changes before | silent | changes after | silent',
    '--- | ---: | ---: | ---: | ---:',
  ];
  return [...head, ...rows, row('all', before, after)].map((line) => `| ${line} |\n`).join('');
}
