import { plural } from './units.ts';

/** An object of a report, whatever it is. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * What must hold of some objects of a report, whatever the memory says that it is made from. Members are named with dots; one
 * that is null or absent is not asked.
 */
export interface Invariant {
  /** Where the objects are: members of the report with dots, [] for each of a list; '' is the report itself. */
  readonly of: string;
  /** What such an object is called in a sentence. */
  readonly called: (object: Fields) => string;
  /** Members that are whole numbers of 0 or more. */
  readonly counts?: readonly string[];
  /** Members of which the first is part of the second. */
  readonly parts?: readonly (readonly [part: string, whole: string])[];
  /** Members, and what they cannot be larger than; undefined where that is not known. */
  readonly most?: (report: Fields, object: Fields) => Readonly<Record<string, number | undefined>>;
  /** Members that add up to another one. */
  readonly sum?: { readonly parts: (object: Fields) => readonly unknown[]; readonly whole: string };
  /** What becomes unknown, instead of the members that are wrong. */
  readonly clears?: (object: Fields, reason: string) => Fields;
  /** What else of the report becomes unknown then, because it was made from them. */
  readonly dependents?: (report: Fields) => Fields;
}

/** What every report has of these. A type and no interface, so that it can be gone through by the names of its members. */
type Sound = {
  readonly warnings: readonly string[];
  readonly complete: boolean;
};

/** More warnings than these are counted and not told one by one. */
const TOLD = 20;

/**
 * Takes out of a report what cannot be: it becomes null, a warning says so, and the report is not complete. A report of which all
 * holds is returned as it is.
 */
export function sound<T extends Sound>(report: T, invariants: readonly Invariant[]): T {
  const reasons: string[] = [];
  const mended = invariants.reduce<Fields>((all, invariant) => mend(all, invariant, report, reasons), report);
  if (reasons.length === 0) return report;
  const untold = reasons.length - TOLD;
  const told = reasons.slice(0, TOLD).map((reason) => `this cannot be, and is not told: ${reason}`);
  const more = untold > 0 ? [`and ${plural(untold, 'figure')} more`] : [];
  return { ...report, ...mended, warnings: [...report.warnings, ...told, ...more], complete: false };
}

/** @param made the report as it was made; @param reasons where sentences on what is wrong are added */
function mend(report: Fields, invariant: Invariant, made: Fields, reasons: string[]): Fields {
  const path = invariant.of === '' ? [] : invariant.of.split('.');
  const mended = mapped(report, path, (object) => {
    const wrong = wrongMembers(made, object, invariant);
    if (wrong.length === 0) return object;
    const reason = `${invariant.called(object)}: ${wrong.map((one) => one.reason).join(', ')}`;
    reasons.push(reason);
    const members = wrong.flatMap((one) => one.members);
    return invariant.clears?.(object, reason) ?? without(object, members);
  }) as Fields;
  return mended !== report && invariant.dependents ? invariant.dependents(mended) : mended;
}

/** A copy where the objects at a path are others; what does not change is not copied. */
function mapped(value: unknown, path: readonly string[], make: (object: Fields) => Fields): unknown {
  const [name, ...rest] = path;
  if (!isObject(value)) return value;
  if (name === undefined) return make(value);
  const list = name.endsWith('[]');
  const key = list ? name.slice(0, -2) : name;
  const old = value[key];
  const now = list && Array.isArray(old) ? mappedList(old, rest, make) : mapped(old, rest, make);
  return now === old ? value : { ...value, [key]: now };
}

function mappedList(
  list: readonly unknown[],
  path: readonly string[],
  make: (object: Fields) => Fields,
): unknown {
  const now = list.map((one) => mapped(one, path, make));
  return now.some((one, i) => one !== list[i]) ? now : list;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** A number that cannot be, with what else may be the wrong one, and why. */
interface Wrong {
  readonly members: readonly string[];
  readonly reason: string;
}

function wrongMembers(report: Fields, object: Fields, invariant: Invariant): Wrong[] {
  const { counts = [], parts = [], most, sum } = invariant;
  const limits = Object.entries(most?.(report, object) ?? {});
  const wrong: (Wrong | undefined)[] = [
    ...counts.map((member) => notACount(object, member)),
    ...limits.map(([member, limit]) => tooLarge(object, member, limit)),
    ...parts.map(([part, whole]) => largerPart(object, part, whole)),
    sum && wrongSum(object, sum),
  ];
  return wrong.filter((one) => one !== undefined);
}

function notACount(object: Fields, member: string): Wrong | undefined {
  const value = numberAt(object, member);
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return undefined;
  return { members: [member], reason: `${member} is ${value}` };
}

function tooLarge(object: Fields, member: string, limit: number | undefined): Wrong | undefined {
  const value = numberAt(object, member);
  if (value === undefined || limit === undefined || value <= limit) return undefined;
  return { members: [member], reason: `${member} is ${value}, of ${limit} at the most` };
}

function largerPart(object: Fields, part: string, whole: string): Wrong | undefined {
  const [less, more] = [numberAt(object, part), numberAt(object, whole)];
  const larger = less !== undefined && more !== undefined && less > more;
  return larger ? { members: [part, whole], reason: `${part} is ${less} of ${more} (${whole})` } : undefined;
}

function wrongSum(object: Fields, { parts, whole }: NonNullable<Invariant['sum']>): Wrong | undefined {
  const numbers = parts(object);
  const expected = numberAt(object, whole);
  if (expected === undefined || !numbers.every((n) => typeof n === 'number')) return undefined;
  const sum = numbers.reduce<number>((all, n) => all + (n as number), 0);
  return sum === expected
    ? undefined
    : { members: [whole], reason: `${whole} is ${expected}, and its parts ${sum}` };
}

/** undefined for what is no number: null and what is absent are not asked. */
export function numberAt(object: Fields, member: string): number | undefined {
  const value = member
    .split('.')
    .reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), object);
  return typeof value === 'number' ? value : undefined;
}

const FIGURE = ['pages', 'bytes'];

/** The object with null for some members. A figure is null as a whole, in pages and bytes. */
function without(object: Fields, members: readonly string[]): Fields {
  const left: Record<string, unknown> = { ...object };
  const isFigure = FIGURE.every((unit) => unit in object);
  for (const member of members) {
    const [name = '', ...rest] = member.split('.');
    left[name] = rest.length > 0 ? without(left[name] as Fields, [rest.join('.')]) : null;
    for (const unit of FIGURE) if (isFigure && FIGURE.includes(member)) left[unit] = null;
  }
  return left;
}
