import { type ErrorKind, InspectError } from '../../errors.ts';

/** What became of a method: 'refuted' is a value that the page tables contradict. */
export type MethodVerdict = 'believed' | 'agrees' | 'differs' | 'refuted' | 'unavailable';

/** One way to find a value: what it said, and what is thought of it. */
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
  /** What kept each method that found nothing from finding it. */
  readonly failures?: readonly ErrorKind[];
}

/** What a method found, and how, as a sentence's end; it throws an InspectError when it finds nothing. */
export interface Found {
  readonly value: bigint;
  readonly how: string;
}

export interface Method {
  readonly source: string;
  readonly find: () => Found;
}

/** Says why a value cannot be right, or undefined when nothing speaks against it. */
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

/** What the method found, or why it found nothing. */
function tryFind(method: Method): Found | InspectError {
  try {
    return method.find();
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
}

/**
 * Tries every method, best first, and believes the first whose value nothing refutes. A forced source (what the user
 * gave) is believed even then, and the contradiction stays in its reason.
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
