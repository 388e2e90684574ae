import { describe, expect, test } from 'vitest';
import { type FreeFacts, freeChecks } from '../../../src/pages/checks/free-checks.ts';
import { Movements } from '../../../src/pages/checks/movement.ts';

const zoneOf = (name: string, counted: number, freeArea = counted, vmStat = freeArea) => ({
  ...{ node: 0, index: 0, name, startPfn: 0, spannedPages: 1 << 20, counted, freeArea, vmStat },
  unaccepted: 0,
});
const factsOf = (changes: Partial<FreeFacts>): FreeFacts => ({
  ...{
    zones: [zoneOf('DMA', 100), zoneOf('Normal', 5000)],
    outside: 0,
    cpus: 2,
    movements: null,
  },
  ...changes,
});
const verdictsOf = (changes: Partial<FreeFacts>) =>
  freeChecks(factsOf(changes)).map(({ name, zone, verdict }) => [name, zone, verdict]);

describe('the checks of FREE', () => {
  test('are those of the free lists and of the counter, zone by zone', () => {
    expect(verdictsOf({})).toEqual([
      ['free_area.nr_free', 'DMA', 'equal'],
      ['free_area.nr_free', 'Normal', 'equal'],
      ['NR_FREE_PAGES', 'DMA', 'equal'],
      ['NR_FREE_PAGES', 'Normal', 'equal'],
    ]);
  });

  test.each([
    ['what CPUs may hold back', 2, 5254, 'moving'],
    ['that to the other side', 2, 4746, 'moving'],
    ['more than they may', 2, 5255, 'contradicted'],
    ['more than fewer of them may', 1, 5128, 'contradicted'],
  ])('know how far the counter may be off: %s', (_, cpus, vmStat, verdict) => {
    const checks = verdictsOf({ cpus, zones: [zoneOf('Normal', 5000, 5000, vmStat)] });
    expect(checks).toEqual([
      ['free_area.nr_free', 'Normal', 'equal'],
      ['NR_FREE_PAGES', 'Normal', verdict],
    ]);
  });

  test('say nothing of a counter that is off where the number of CPUs is not known', () => {
    const zones = [zoneOf('DMA', 100, 100, 99), zoneOf('Normal', 5000)];
    expect(verdictsOf({ cpus: 0, zones }).slice(2)).toEqual([['NR_FREE_PAGES', 'Normal', 'equal']]);
  });

  test('find unaccepted memory in the counter, and not on the free lists', () => {
    const zones = (unaccepted: number) => [{ ...zoneOf('Normal', 13192, 5000, 13192), unaccepted }];
    expect(verdictsOf({ zones: zones(8192) })).toEqual([
      ['free_area.nr_free', 'Normal', 'explained'],
      ['NR_FREE_PAGES', 'Normal', 'equal'],
    ]);
    expect(verdictsOf({ zones: zones(4096) })[0]).toEqual(['free_area.nr_free', 'Normal', 'contradicted']);
  });

  test('are contradicted by free pages that lie in no zone, and by other free lists', () => {
    expect(verdictsOf({ outside: 3 })).toContainEqual([
      'free_area.nr_free of no zone',
      undefined,
      'contradicted',
    ]);
    expect(verdictsOf({ zones: [zoneOf('DMA', 100, 99)] })[0]).toEqual([
      'free_area.nr_free',
      'DMA',
      'contradicted',
    ]);
  });
});

describe('what moves in a running kernel', () => {
  const looks = [[100], [90], [95]];
  const movementsOf = () => {
    let at = 0;
    const movements = new Movements(() => looks[Math.min(at++, looks.length - 1)] as number[]);
    movements.lookNow();
    movements.lookNow();
    return movements;
  };

  test('is the sum of all steps, up and down, and one block of the largest order', () => {
    expect(movementsOf().of([0])).toEqual({ by: 'memory moved meanwhile', upTo: 15 + 1024 });
    expect(movementsOf().of([])).toMatchObject({ upTo: 1024 });
  });

  test('is what FREE may differ by, and no more', () => {
    const checksOf = (counted: number) =>
      verdictsOf({ zones: [zoneOf('Normal', counted, 5000)], cpus: 0, movements: movementsOf() });
    expect(checksOf(5000 + 1039).map(([, , verdict]) => verdict)).toEqual(['moving', 'moving']);
    expect(checksOf(5000 - 1040).map(([, , verdict]) => verdict)).toEqual(['contradicted', 'contradicted']);
  });
});
