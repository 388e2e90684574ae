import { describe, expect, it } from 'vitest';
import { RecordRuns } from '../../../src/formats/flattened/runs.ts';

/** Records that follow each other in the file: where each belongs, and its size. */
function runsOf(records: readonly (readonly [target: number, size: number])[]): RecordRuns {
  const runs = new RecordRuns();
  let position = 4096 + 16;
  for (const [target, size] of records) {
    runs.add({ target, size, position });
    position += size + 16;
  }
  return runs;
}

describe('records that continue each other', () => {
  it('are one run, however many there are, because a buffer of one size wrote them', () => {
    const runs = runsOf(Array.from({ length: 100_000 }, (_, i) => [i * 65_536, 65_536] as const));
    expect(runs.length).toBe(1);
    expect([runs.start(0), runs.end(0)]).toEqual([0, 6_553_600_000]);
    expect(runs.locate(0, 99_999 * 65_536 + 5)).toEqual({
      position: 4096 + 16 + 99_999 * (65_536 + 16) + 5,
      left: 65_531,
    });
  });

  it('are several runs if one is shorter, belongs elsewhere, or another lies between them', () => {
    expect(
      runsOf([
        [0, 8],
        [8, 8],
        [16, 4],
        [20, 4],
      ]).length,
    ).toBe(2);
    expect(
      runsOf([
        [0, 8],
        [9, 8],
      ]).length,
    ).toBe(2);
    expect(
      runsOf([
        [0, 8],
        [100, 8],
        [8, 8],
      ]).length,
    ).toBe(3);
  });
});
