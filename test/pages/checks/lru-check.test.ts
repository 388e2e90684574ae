import { describe, expect, test } from 'vitest';
import { FileSource } from '../../../src/bytes/file-source.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { lruChecks } from '../../../src/pages/checks/lru-check.ts';
import { censusOf } from '../../builders/census.ts';
import { openSource } from '../../builders/open-source.ts';
import { ChangedDump } from '../../support/changed-dump.ts';
import { dumpOf } from '../../support/fixture.ts';

// Only 7.3 has NR_FREE_PAGES_BLOCKS before the counters of the lists.
describe.each(['linux-5.10', 'linux-6.1', 'linux-6.12-numa', 'linux-7.3-5level'])(
  'the lists of %s',
  (name) => {
    const kernel = openKernel(openSource(new FileSource(dumpOf(name))));
    const { counts } = censusOf(kernel);

    test('have no more pages than were found', () => {
      expect(lruChecks(kernel, counts, 2)).toEqual([]);
    });

    test('have more than are left without the page cache', () => {
      const without = { ...counts, nonPrivateCache: 0, privateCache: 0 };
      expect(lruChecks(kernel, without, 2)).toMatchObject([
        { counted: counts.user, verdict: 'contradicted' },
      ]);
      expect(lruChecks(kernel, without, 0)).toEqual([]);
    });
  },
);

test('a counter of the lists that is too high is reported', async () => {
  const dump = new ChangedDump('linux-6.12-numa');
  const { typed } = dump;
  const zone =
    typed.types.struct('zone').offsetOf('vm_stat') +
    8 * Number(typed.types.enumerator('NR_ZONE_ACTIVE_ANON'));
  const node =
    typed.space.u64(typed.symbol('node_data')) +
    BigInt(typed.types.struct('pglist_data').offsetOf('node_zones'));
  const answer = await dump.ask(['pages'], [dump.word(node + BigInt(zone), 100_000n)]);
  expect([answer.status, answer.err]).toEqual([
    3,
    expect.stringMatching(
      /pages on the LRU lists, vm_stat of all zones: \d+ pages were counted, but the kernel has \d+/,
    ),
  ]);
});
