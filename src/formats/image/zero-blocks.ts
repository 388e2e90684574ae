import { RangeList } from '../../bytes/range-list.ts';
import type { Range } from '../../bytes/ranges.ts';
import { PHYSICAL_LIMIT } from '../../machine.ts';

/**
 * MAX_BLOCK_SIZE of AVML (src/image.rs): it writes each range of System RAM in blocks of this size, counted
 * from the start of the range, and leaves out those that are all zero. It always did so in its own format,
 * and does so in LiME's since 0.18.
 */
const BLOCK = 0x100_0000;

/**
 * Where a file can have left out memory because it is all zero; undefined where it leaves out none, or that is
 * not known. LiME writes each range as a whole, and a machine has one of more than 16 MiB: a kernel needs
 * that. AVML writes none, and most of its blocks begin where one of 16 MiB ends, or whole blocks after it.
 * @param ranges in file order
 * @param cut whether the file ends early, so that what follows its last range is lost and not zero
 */
export function zeroBlocks(ranges: readonly Range[], cut: boolean): RangeList | undefined {
  return isInBlocks(ranges) ? gapsIn(ranges, cut) : undefined;
}

function isInBlocks(ranges: readonly Range[]): boolean {
  const isBlock = ({ start, end }: Range) => end - start === BLOCK;
  return (
    ranges.every(({ start, end }, i) => end - start <= BLOCK && start >= (ranges[i - 1]?.end ?? 0)) &&
    ranges.some((range, i) => {
      const next = ranges[i + 1];
      return next !== undefined && isBlock(range) && (next.start - range.end) % BLOCK === 0;
    })
  );
}

/** Every gap, because a whole range of RAM may be zero, too. */
function gapsIn(ranges: readonly Range[], cut: boolean): RangeList {
  const gaps = new RangeList();
  let before = 0;
  for (const { start, end } of ranges) {
    if (start > before) gaps.add(before, start);
    before = end;
  }
  if (!cut) gaps.add(before, PHYSICAL_LIMIT);
  return gaps;
}
