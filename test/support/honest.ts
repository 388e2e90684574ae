/** The outcome of a command of the program. */
export interface Answer {
  readonly status: number;
  /** JSON: one document, or one per line. */
  readonly out: string;
  readonly err: string;
}

/** Explanations, which differ if something is missing. */
const EXPLANATIONS = new Set([
  ...['warnings', 'next', 'unavailable', 'complete', 'reason', 'missing', 'detailsError', 'structPageError'],
  ...['source', 'verdict', 'explanation', 'unknown', 'freeCheck', 'ownerError', 'placeError'],
  ...['nameMissing', 'argsMissing'],
  ...['countExact', 'modulesExact', 'consistent'],
]);
/** What identifies rows: the first of these keys that they have. */
const KEYS = [
  ...[['cpu', 'online'], ['caller', 'kind'], ['size', 'surplus'], ['pid'], ['sequence'], ['offset']],
  ...[['start'], ['address'], ['mapping'], ['name'], ['type'], ['source']],
];
/** Words of `page` for contents and struct pages that cannot be read. */
const LOST: ReadonlySet<string> = new Set(['unreadable', 'truncated']);
/** How many there are of something; a minimum if countExact is false. */
const COUNTS: ReadonlySet<string> = new Set(['count', 'caches', 'areas']);

/** Commands that report what is missing in the rows themselves, and therefore end with status 0. */
const TOLERANT: ReadonlySet<string> = new Set(['layout', 'segments', 'dmesg', 'vmcoreinfo']);

type Row = Readonly<Record<string, unknown>>;
interface ActiveRange {
  readonly atLeast: number;
  readonly atMost: number;
}

/** Values of an answer that are neither missing nor those of the whole file, as paths with both values. */
export function contradictions(now: unknown, then: unknown, where = ''): string[] {
  if (now === null || now === 'unknown' || now === undefined) return [];
  if (Array.isArray(now)) return Array.isArray(then) ? rowContradictions(now, then, where) : [];
  if (typeof now !== 'object') return now === then ? [] : [`${where} ${String(now)}, not ${String(then)}`];
  if (typeof then !== 'object' || then === null) return [`${where} is not null`];
  const [after, before] = [now, then] as Row[];
  if ('verdict' in now && 'counted' in now) return checkContradictions(after as Row, before as Row, where);
  return Object.entries(now).flatMap(([key, value]) => {
    const at = `${where}.${key}`;
    if ((key === 'contents' || key === 'rule') && LOST.has(String(value))) return [];
    if (key === 'activeRange') return outOfRange(value as ActiveRange, before?.active, at);
    if (EXPLANATIONS.has(key) || after?.type === 'unreadable') return [];
    if (key === 'atLeast') return excesses(value, before?.[key] ?? then, at);
    if (after?.countExact === false && COUNTS.has(key)) return excesses(value, before?.[key], at);
    return contradictions(value, before?.[key], at);
  });
}

/** A figure that is compared with the kernel's may differ if the report says that they contradict. */
function checkContradictions(now: Row, then: Row, where: string): string[] {
  if (now.verdict === 'contradicted') return [];
  return ['counted', 'kernel'].flatMap((key) => contradictions(now[key], then[key], `${where}.${key}`));
}

/** A range that does not contain the true value. */
function outOfRange({ atLeast, atMost }: ActiveRange, active: unknown, where: string): string[] {
  const isIn = atLeast <= Number(active) && Number(active) <= atMost;
  return isIn ? [] : [`${where} ${atLeast} to ${atMost}, not ${active}`];
}

/** Minimums that are more than the true value, which may be unknown even for the whole file. */
function excesses(least: unknown, all: unknown, where: string): string[] {
  if (typeof least === 'number')
    return all === null || least <= Number(all) ? [] : [`${where} ${least}, not ${String(all)}`];
  return Object.entries(least as object).flatMap(([key, value]) =>
    excesses(value, (all as Readonly<Record<string, unknown>>)[key] ?? 0, `${where}.${key}`),
  );
}

function rowContradictions(now: readonly unknown[], then: readonly unknown[], where: string): string[] {
  const known = new Map(then.map((row) => [keyOf(row), row]));
  return now.flatMap((row) => {
    const key = keyOf(row);
    if (known.has(key)) return contradictions(row, known.get(key), `${where}[${key}]`);
    return isUntold(row) ? [] : [`${where} has ${key}`];
  });
}

/** Whether a row is one that exists only if there are any, and says that it is not known. */
function isUntold(row: unknown): boolean {
  const { pages, atLeast } = row as { pages?: unknown; atLeast?: { pages: number } };
  return pages === null && (atLeast?.pages ?? 0) === 0;
}

function keyOf(row: unknown): string {
  if (typeof row !== 'object' || row === null) return JSON.stringify(row);
  if ('verdict' in row && 'counted' in row)
    return JSON.stringify(['name', 'node', 'zone'].map((name) => (row as Row)[name]));
  const keys = KEYS.find((names) => names.every((name) => name in row)) ?? [];
  return JSON.stringify(keys.map((name) => (row as Row)[name]));
}

/**
 * Everything that is not honest in an answer on a damaged file, compared with the answer on the whole file.
 */
export function dishonesty(command: string, now: Answer, then: Answer): string[] {
  const { status, out, err } = now;
  if (/internal error|^ {4}at /m.test(err)) return [`a bug: ${err}`];
  if (status === 1) return /^kdump-inspect: .{20,}/m.test(err) ? [] : ['status 1 without a message'];
  if (status !== 0 && status !== 3) return [`status ${status}`];
  if (out === then.out) return [];
  // Another copy may have what one copy lacks: then nothing is lost, and there is a warning.
  if (status === 0 && withoutWarnings(out) === withoutWarnings(then.out)) return [];
  if (status === 0 && !TOLERANT.has(command)) return [`status 0, but ${firstDifference(out, then.out)}`];
  if (status === 3 && !/^kdump-inspect: warning: .{10,}/m.test(err) && !/"unavailable": \{\n/.test(out))
    return ['status 3 without a warning'];
  const [documents, before] = [documentsOf(out), documentsOf(then.out)];
  if (documents.length === 0) return ['there is no answer'];
  const wrong = contradictions(documents, before, command);
  const complete = documents.some((one) => (one as { complete?: boolean }).complete === true);
  return status === 3 && complete && documents.length === 1 ? [...wrong, 'complete is true'] : wrong;
}

function withoutWarnings(out: string): string {
  return out.replace(/^ {2}"warnings": \[(\]|[\s\S]*?^ {2}\])/m, '');
}

function documentsOf(out: string): unknown[] {
  if (out.startsWith('{\n')) return [JSON.parse(out)];
  const lines = out.split('\n').filter((line) => line !== '');
  // Lines about lost records are not records.
  return lines.map((line) => JSON.parse(line)).filter((row) => 'text' in row && row.text !== null);
}

function firstDifference(now: string, then: string): string {
  const [a, b] = [now.split('\n'), then.split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  return `${a[at]?.trim().slice(0, 200)}, not ${b[at]?.trim().slice(0, 200)}`;
}
