import type { Movement } from '../../kernel/evidence/check.ts';
import { readMemCgroups } from '../../kernel/objects/mem-cgroups.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { Movements } from '../checks/movement.ts';

/** More would take too long at each look; their charges then count as moved by a block of pages at most. */
const WATCHED = 1000;

/** How much the charges of the cgroups of a running kernel move while its memory is read. */
export class CgroupMovements {
  readonly #movements: Movements;
  readonly #indexes: ReadonlyMap<bigint, number>;

  /** @throws InspectError as readMemCgroups */
  constructor(typed: TypedKernel) {
    const watched = readMemCgroups(typed)
      .cgroups.slice(0, WATCHED)
      .map(({ address }) => address);
    const usage = BigInt(typed.types.struct('mem_cgroup').offsetOf('memory.usage'));
    this.#movements = new Movements(() => watched.map((address) => Number(typed.space.u64(address + usage))));
    this.#indexes = new Map(watched.map((address, index) => [address, index]));
  }

  look(): void {
    this.#movements.look();
  }

  lookNow(): void {
    this.#movements.lookNow();
  }

  /** In units of so many bytes. */
  of(cgroup: bigint, unit: number): Movement {
    const { by, upTo } = this.#movements.of([this.#indexes.get(cgroup) ?? -1]);
    return { by, upTo: (upTo * PAGE_SIZE) / unit };
  }
}
