/** A value of a report that is not an object or a list. */
export type Figure = string | number | boolean | null;

/** A figure, and whether the report says that it, or what contains it, may be too low. */
export interface ReportedFigure {
  readonly value: Figure;
  readonly atLeast: boolean;
}

/** The contents of a report, by path. Objects and lists have an entry of their own, `object` or `list`. */
export type Figures = ReadonlyMap<string, ReportedFigure>;

/** What names an element of a list, so that it is compared with itself wherever it is in the list. */
const NAMES: readonly (readonly string[])[] = [
  ['task'],
  ['mapping'],
  ['sequence'],
  ['node', 'zone'],
  ['caller', 'kind'],
  ['source'],
  ['cpu'],
  ['pid'],
  ['type'],
  ['name', 'node'],
  ['name', 'address'],
  ['name'],
  ['level'],
  ['bit'],
  ['size'],
  ['address'],
];

/** Statements about figures that are not figures: sentences, and facts about the run itself. */
const NOT_FIGURES = new Set([
  ...['schema', 'file', 'warnings', 'complete', 'consistent', 'candidates', 'unavailable', 'next'],
  ...[
    'reason',
    'argsMissing',
    'nameMissing',
    'ownerError',
    'detailsError',
    'structPageError',
    'checks',
    'query',
  ],
  ...['source', 'table', 'explanation'],
]);

type Json = Figure | readonly Json[] | { readonly [name: string]: Json };

/** Flattens what a command printed: a JSON document, or JSON Lines of records. */
export function figuresOf(command: string, stdout: string): Map<string, ReportedFigure> {
  const figures = new Map<string, ReportedFigure>();
  add(figures, '', documentOf(command, stdout), false);
  return figures;
}

/** A command's whole JSON; for `dmesg` the records as a list. */
export function documentOf(command: string, stdout: string): Json {
  if (command !== 'dmesg') return JSON.parse(stdout) as Json;
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { records: lines.map((line) => JSON.parse(line) as Json) };
}

function add(figures: Map<string, ReportedFigure>, path: string, value: Json, atLeast: boolean): void {
  if (value === null || typeof value !== 'object') {
    figures.set(path, { value, atLeast });
    return;
  }
  if (Array.isArray(value)) {
    figures.set(path, { value: 'list', atLeast });
    const seen = new Map<string, number>();
    for (const [i, element] of (value as readonly Json[]).entries()) {
      const name = nameOf(element) ?? `${i}`;
      const times = (seen.get(name) ?? 0) + 1;
      seen.set(name, times);
      add(figures, `${path}[${name}${times > 1 ? ` #${times}` : ''}]`, element, atLeast);
    }
    return;
  }
  const object = value as Readonly<Record<string, Json>>;
  const uncertain = atLeast || saysAtLeast(object, path);
  figures.set(path, { value: 'object', atLeast: uncertain });
  for (const [name, inside] of Object.entries(object))
    if (!NOT_FIGURES.has(name)) add(figures, path === '' ? name : `${path}.${name}`, inside, uncertain);
}

/**
 * Whether an object says that it is incomplete or missing. A whole report may be incomplete for many reasons;
 * a part gives its own.
 */
function saysAtLeast(object: Readonly<Record<string, Json>>, path: string): boolean {
  if (path === '') return false;
  const inexact = [object.countExact, object.exact, object.complete].includes(false);
  return inexact || ['error', 'missing', 'unavailable'].some((name) => typeof object[name] === 'string');
}

function nameOf(element: Json): string | undefined {
  if (element === null || typeof element !== 'object' || Array.isArray(element)) return undefined;
  const object = element as Readonly<Record<string, Json>>;
  const names = NAMES.find((some) => some.every((name) => isName(object[name])));
  return names?.map((name) => String(object[name])).join(' ');
}

function isName(value: Json | undefined): boolean {
  return typeof value === 'string' || typeof value === 'number';
}
