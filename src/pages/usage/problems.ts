import { InspectError } from '../../errors.ts';
import { isLoss } from '../../formats/image/loss.ts';
import { hex } from '../../hex.ts';
import { type Break, isCut } from '../../kernel/objects/list.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';

/** Further sentences would say nothing new. */
const MOST = 50;

/** What could be read, and whether that is all of it. */
export interface Whole<T> {
  readonly value: T;
  readonly whole: boolean;
}

/**
 * Collects what could not be read, and tells damage from what a filter excluded or a kernel does not have.
 */
export class Problems {
  readonly warnings: string[] = [];
  /** Whether something is missing that should be there. */
  damaged = false;
  /** How often something was missing that should be there. In a running kernel it may only have moved. */
  #losses = 0;
  readonly #image: Kernel['image'];
  /** The lists of a running kernel change while they are followed. If they break off, that is not damage. */
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

  /** What `make` finds, and whether it lost nothing. */
  whole<T>(make: () => T): Whole<T> {
    const before = this.#losses;
    const value = make();
    return { value, whole: this.#losses === before };
  }

  /** @throws what is not an InspectError */
  note(what: string, error: unknown): void {
    if (!(error instanceof InspectError)) throw error;
    if (isLoss(error.kind, this.#image)) this.#lost();
    this.#warn(`${what}: ${error.message}`);
  }

  /** The same for what only costs names, and no figures. @throws what is not an InspectError */
  unnamed(what: string, error: unknown): void {
    if (!(error instanceof InspectError)) throw error;
    if (isLoss(error.kind, this.#image) && !this.#live) this.damaged = true;
    this.#warn(`${what}: ${error.message}`);
  }

  /**
   * A linked structure that could not be followed to its end. If all of it was found nevertheless, nothing is
   * lost.
   */
  broken(what: string, breaks: readonly (Break | null)[]): void {
    for (const at of breaks) {
      if (at === null) continue;
      if (isCut(at)) this.#lost();
      this.#warn(`${what} is broken at ${hex(at.address)}: ${at.reason}`);
    }
  }

  /** The sentences of a reader, and whether it read everything all the same. */
  found(sentences: readonly string[], whole: boolean): void {
    if (!whole) this.#lost();
    for (const sentence of sentences) this.#warn(sentence);
  }

  /** A sentence on something that is wrong. */
  wrong(sentence: string): void {
    this.#lost();
    this.#warn(sentence);
  }

  #lost(): void {
    this.#losses++;
    if (!this.#live) this.damaged = true;
  }

  #warn(sentence: string): void {
    if (this.warnings.length < MOST) this.warnings.push(sentence);
  }
}
