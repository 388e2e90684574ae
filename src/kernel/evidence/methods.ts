import { type ErrorKind, InspectError } from '../../errors.ts';

/** The outcome of a method; 'refuted' means that the page tables contradict its value. */
export type MethodVerdict = 'believed' | 'agrees' | 'differs' | 'refuted' | 'unavailable';

/** One way to find a value: what it found, and the verdict on that. */
export interface Candidate {
  readonly source: string;
  readonly value: bigint | null;
  readonly verdict: MethodVerdict;
  readonly reason: string;
}

/** A value with every method that was tried for it. */
export interface TriedValue {
  readonly value: bigint | null;
  readonly source: string | null;
  readonly candidates: readonly Candidate[];
  /** The kind of error of each method that found nothing. */
  readonly failures?: readonly ErrorKind[];
}

/**
 * What a method found, and how, as the end of a sentence. A method that finds nothing throws an InspectError.
 */
export interface Found {
  readonly value: bigint;
  readonly how: string;
}

export interface Method {
  readonly source: string;
  readonly find: () => Found;
}

/** Returns why a value cannot be right, or undefined if nothing contradicts it. */
export type Refute = (value: bigint) => string | undefined;

type Tried = { source: string } & (
  | { value: bigint; how: string; refuted: string | undefined }
  | { value: null; how: string; kind: ErrorKind }
);

function attempt(method: Method, refute: Refute): Tried {
  const found = tryFind(method);
  if (found instanceof InspectError)
    return { source: method.source, value: null, how: found.message, kind: found.kind };
  return { source: method.source, ...found, refuted: refute(found.value) };
}

/** Returns what the method found, or why it found nothing. */
function tryFind(method: Method): Found | InspectError {
  try {
    return method.find();
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
}

/**
 * Tries every method, best first, and believes the first value that is not refuted. A forced source (given by
 * the user) is believed even if refuted; its reason keeps the contradiction.
 */
export function tryMethods(
  methods: readonly Method[],
  refute: Refute = () => undefined,
  forced?: string,
): TriedValue {
  const tried = methods.map((method) => attempt(method, refute));
  const believed = tried.find((t) => t.value !== null && (t.source === forced || t.refuted === undefined));
  const candidates = tried.map((t) => judged(t, believed));
  const failures = tried.flatMap((t) => (t.value === null ? [t.kind] : []));
  const found = { value: believed?.value ?? null, source: believed?.source ?? null, candidates };
  return failures.length === 0 ? found : { ...found, failures };
}

function judged(tried: Tried, believed: Tried | undefined): Candidate {
  const { source, value, how } = tried;
  if (value === null) return { source, value, verdict: 'unavailable', reason: how };
  const but = tried.refuted === undefined ? '' : `; ${tried.refuted}`;
  if (tried === believed) return { source, value, verdict: 'believed', reason: `${how}${but}` };
  if (tried.refuted !== undefined) return { source, value, verdict: 'refuted', reason: `${how}${but}` };
  return { source, value, verdict: value === believed?.value ? 'agrees' : 'differs', reason: how };
}
