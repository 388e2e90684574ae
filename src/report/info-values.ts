import type { ErrorKind } from '../errors.ts';
import type { Fact } from '../kernel/evidence/fact.ts';
import type { SystemFacts } from '../kernel/system/system.ts';

/** What a kernel or a format does not have is not a gap in the dump. */
const NO_GAP: ReadonlySet<ErrorKind> = new Set(['missingInfo', 'unsupported']);

/** Takes values out of facts, and collects the reasons for missing ones. */
export class InfoValues {
  readonly unavailable: Record<string, string> = {};
  gaps = false;
  readonly #noTypes: SystemFacts['noTypes'];

  constructor({ noTypes }: SystemFacts) {
    this.#noTypes = noTypes;
  }

  take<T, U = T>(name: string, fact: Fact<T>, make: (value: T) => U): U | null {
    if ('value' in fact) return make(fact.value);
    this.unavailable[name] =
      fact.missing === this.#noTypes?.reason ? `${fact.missing}; ${this.#noTypes.hint}` : fact.missing;
    if (!NO_GAP.has(fact.kind)) this.gaps = true;
    return null;
  }

  /** A value that exists but cannot be read. */
  lost(name: string, reason: string): null {
    this.unavailable[name] = reason;
    this.gaps = true;
    return null;
  }

  /** A value from somewhere else than the kernel's memory. */
  given<T>(name: string, value: T | undefined, reason: string): T | null {
    if (value !== undefined) return value;
    this.unavailable[name] = reason;
    return null;
  }
}
