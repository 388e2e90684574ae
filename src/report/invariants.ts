import { plural } from './units.ts';

/** An object of a report, whatever it is. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * What must hold for some objects of a report, whatever the memory has that it is made from. Members are
 * named with dots. A member that is null or absent is not checked.
 */
export interface Invariant {
  /**
   * Where the objects are: members of the report with dots, [] for each of a list; '' is the report itself.
   */
  readonly of: string;
  /** The name of such an object in a sentence. */
  readonly called: (object: Fields) => string;
  /** Members that are whole numbers of 0 or more. */
  readonly counts?: readonly string[];
  /** Members of which the first is part of the second. */
  readonly parts?: readonly (readonly [part: string, whole: string])[];
  /** Largest values of members; undefined if unknown. */
  readonly most?: (report: Fields, object: Fields) => Readonly<Record<string, number | undefined>>;
  /** Members that add up to another one. */
  readonly sum?: { readonly parts: (object: Fields) => readonly unknown[]; readonly whole: string };
  /** Makes something else unknown than the members that are wrong. */
  readonly clears?: (object: Fields, reason: string) => Fields;
  /** Also makes unknown what was made from these members. */
  readonly dependents?: (report: Fields) => Fields;
}

/** What every report has. A type, because an interface has no index signature. */
type Sound = {
  readonly warnings: readonly string[];
  readonly complete: boolean;
};

/** Warnings past this number are only counted. */
const LISTED = 20;

/**
 * Removes impossible values from a report: they become null, a warning says so, and the report is not
 * complete. Returns a report without such values as it is.
 */
export function sound<T extends Sound>(report: T, invariants: readonly Invariant[]): T {
  const reasons: string[] = [];
  const mended = invariants.reduce<Fields>((all, invariant) => mend(all, invariant, report, reasons), report);
  if (reasons.length === 0) return report;
  const unlisted = reasons.length - LISTED;
  const listed = reasons.slice(0, LISTED).map((reason) => `impossible, so not shown: ${reason}`);
  const more = unlisted > 0 ? [`and ${plural(unlisted, 'more figure')}`] : [];
  return { ...report, ...mended, warnings: [...report.warnings, ...listed, ...more], complete: false };
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

/** Returns a copy with other objects at a path. What does not change is not copied. */
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

/** An impossible value: the members of which one is wrong, and why. */
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
  return { members: [member], reason: `${member} is ${value}, at most ${limit} are possible` };
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
    : { members: [whole], reason: `${whole} is ${expected}, but its parts add up to ${sum}` };
}

/** Returns undefined if it is not a number. */
export function numberAt(object: Fields, member: string): number | undefined {
  const value = member
    .split('.')
    .reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), object);
  return typeof value === 'number' ? value : undefined;
}

const FIGURE = ['pages', 'bytes'];

/** Returns the object with null for some members. A figure is null in pages and in bytes. */
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
