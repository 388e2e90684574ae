import type { Movement } from '../../kernel/evidence/check.ts';
import { globalCounters } from '../../kernel/objects/vm-counters.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { Movements } from '../checks/movement.ts';

/** How much the counters of a running kernel move while its memory is read, by their names. */
export class CounterMovements {
  readonly #names: readonly string[];
  readonly #movements: Movements;

  /** @throws InspectError as readVmCounters */
  constructor(typed: TypedKernel) {
    const { names, read } = globalCounters(typed);
    this.#names = names;
    this.#movements = new Movements(read);
  }

  look(): void {
    this.#movements.look();
  }

  /** Call this when counting is done. */
  lookNow(): void {
    this.#movements.lookNow();
  }

  /** @param counters those whose sum is compared with the count */
  of(counters: readonly string[]): Movement {
    return this.#movements.of(counters.map((name) => this.#names.indexOf(name)));
  }
}
