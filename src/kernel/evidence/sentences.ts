/** Nobody reads more of them, and a structure that is wrong in one place may be so in a million. */
const KEPT = 100;

/** Sentences on what is wrong: the first ones, and how many there are besides. */
export class Sentences {
  readonly #kept: string[] = [];
  /** How many there are, with those that are not kept. */
  length = 0;

  push(sentence: string): void {
    if (this.length++ < KEPT) this.#kept.push(sentence);
  }

  list(): string[] {
    const more = this.length - this.#kept.length;
    return more === 0 ? this.#kept : [...this.#kept, `and ${more} more problems like these`];
  }
}
