/** More are not read, and a structure that is wrong in one place may be wrong in a million. */
const KEPT = 100;

/** Sentences about problems: the first ones, and how many more there are. */
export class Sentences {
  readonly #kept: string[] = [];
  /** How many there are, including those not kept. */
  length = 0;

  push(sentence: string): void {
    if (this.length++ < KEPT) this.#kept.push(sentence);
  }

  list(): string[] {
    const more = this.length - this.#kept.length;
    return more === 0 ? this.#kept : [...this.#kept, `and ${more} more problems like these`];
  }
}
