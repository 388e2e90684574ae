import { hex } from '../../bytes/hex.ts';
import { InspectError } from '../../errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Break } from '../../kernel/objects/list.ts';

/** Sentences beyond this say nothing new. */
const MOST = 50;

/** Collects what could not be read, and tells damage from what a filter left out or a kernel does not have. */
export class Problems {
  readonly warnings: string[] = [];
  /** Whether something is missing that should be there. */
  damaged = false;
  readonly #image: Kernel['image'];
  /** The lists of a running kernel change while they are followed: that they break off is no damage. */
  readonly #live: boolean;

  constructor({ image }: Kernel) {
    this.#image = image;
    this.#live = image.live;
  }

  /** What `make` finds; null, with a warning, where it cannot. */
  attempt<T>(what: string, make: () => T): T | null {
    try {
      return make();
    } catch (error) {
      this.note(what, error);
      return null;
    }
  }

  /** @throws what is no InspectError */
  note(what: string, error: unknown): void {
    if (!(error instanceof InspectError)) throw error;
    if (this.#isDamage(error)) this.damaged = true;
    this.#warn(`${what}: ${error.message}`);
  }

  /** A linked structure that could not be followed to its end. */
  broken(what: string, breaks: readonly (Break | null)[]): void {
    for (const at of breaks) {
      if (at) this.wrong(`${what} is broken at ${hex(at.address)}: ${at.reason}`);
    }
  }

  /** A sentence on something that is wrong in itself. */
  wrong(sentence: string): void {
    if (!this.#live) this.damaged = true;
    this.#warn(sentence);
  }

  #warn(sentence: string): void {
    if (this.warnings.length < MOST) this.warnings.push(sentence);
  }

  /** Memory that was left out on purpose is no damage, nor is what a kernel never had. */
  #isDamage({ kind }: InspectError): boolean {
    if (this.#live) return false;
    if (kind === 'notStored') return this.#image.memory.cutShort;
    return kind === 'corrupt' || kind === 'notMapped' || kind === 'io';
  }
}
