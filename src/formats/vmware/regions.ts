import type { ByteSource } from '../../bytes/source.ts';
import { PAGE_SIZE, PHYSICAL_LIMIT } from '../../machine.ts';
import type { PlainRange } from '../image/plain-image.ts';
import { corruptState, type Group, type State } from './groups.ts';
import { MAGIC } from './signature.ts';
import { type Tag, tagsOf } from './tags.ts';

/** What a state says about the machine's memory. Positions are in its Memory block, or in the .vmem. */
export interface SavedMemory {
  /** Empty if memory is in one piece from address 0 on, as it is up to 3 GiB. */
  readonly regions: readonly PlainRange[];
  /** The memory itself, if the state has it. */
  readonly block: Tag | undefined;
}

/** A machine has one below the PCI hole, one above it, and perhaps one more. */
const REGIONS_LIMIT = 1000;
const PARTS = ['regionPPN', 'regionPageNum', 'regionSize'] as const;
const SIXTY_FOUR = 8;

/** @throws InspectError corrupt, if the group cannot be read or its regions contradict each other */
export function savedMemory(source: ByteSource, { id }: State, group: Group): SavedMemory {
  const values = new Map<string, number>();
  let block: Tag | undefined;
  for (const tag of tagsOf(source, group, id !== MAGIC.old)) {
    if (tag.name === 'Memory' && tag.block) {
      if (block) throw corruptState(source, tag.at, 'it has more than one block of memory');
      block = tag;
    } else if (tag.name === 'regionsCount' || PARTS.some((name) => name === tag.name))
      values.set(keyOf(tag.name, tag.indexes[0]), numberAt(source, tag));
  }
  const regions = regionsFrom(source, group, values);
  requireDisjoint(source, group, regions);
  return { regions, block };
}

const keyOf = (name: string, index: number | undefined) => `${name} ${index ?? ''}`;

function regionsFrom(source: ByteSource, group: Group, values: ReadonlyMap<string, number>): PlainRange[] {
  const count = values.get(keyOf('regionsCount', undefined)) ?? 0;
  if (count > REGIONS_LIMIT)
    throw corruptState(source, group.position, `it claims ${count} regions of memory`);
  return Array.from({ length: count }, (_, i): PlainRange => {
    const [start, offset, size] = PARTS.map((name) => {
      const value = values.get(keyOf(name, i));
      if (value === undefined) throw corruptState(source, group.position, `it has no ${name} of region ${i}`);
      return value * PAGE_SIZE;
    }) as [number, number, number];
    if (start + size > PHYSICAL_LIMIT || !Number.isSafeInteger(offset + size))
      throw corruptState(source, group.position, `its region ${i} of memory ends past any address`);
    return { start, end: start + size, offset };
  });
}

/** Little-endian, of 1 to 8 bytes. */
function numberAt(source: ByteSource, { name, at, size, block }: Tag): number {
  const bytes = new Uint8Array(SIXTY_FOUR);
  if (block || size > SIXTY_FOUR || source.read(at, bytes.subarray(0, size)) < size)
    throw corruptState(source, at, `its ${name} is not a number`);
  return Number(new DataView(bytes.buffer).getBigUint64(0, true));
}

/** No page of memory may be in two regions, nor a page of the file. */
function requireDisjoint(source: ByteSource, group: Group, regions: readonly PlainRange[]): void {
  const inFile = regions.map(({ start, end, offset }) => ({ start: offset, end: offset + end - start }));
  for (const ranges of [regions, inFile]) {
    const sorted = [...ranges].sort((a, b) => a.start - b.start);
    if (sorted.some(({ start }, i) => start < (sorted[i - 1]?.end ?? 0)))
      throw corruptState(source, group.position, 'its regions of memory overlap');
  }
}
