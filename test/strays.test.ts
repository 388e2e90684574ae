import { expect, test } from 'vitest';
import { openMemSections } from '../src/kernel/sparsemem/mem-section.ts';
import { decide, Rule } from '../src/pages/classify/rules.ts';
import { compoundOrder } from '../src/pages/struct-pages/compound-order.ts';
import { pageKeys } from '../src/pages/struct-pages/page-keys.ts';
import { StructPages } from '../src/pages/struct-pages/struct-pages.ts';
import { ChangedDump } from './support/changed-dump.ts';
import { TYPED } from './support/fixture.ts';

const RUN = 4096;
const COMMANDS = [['pages'], ['usage', '--top', '100000']];

interface Head {
  readonly pfn: number;
  readonly order: number;
}

/** The first compound of at least this many pages that a rule decides. */
function findHead({ typed: { kernel } }: ChangedDump, rule: Rule, pages: number): Head {
  const structPages = new StructPages(kernel);
  const keys = pageKeys(kernel.info);
  for (const { start, end } of kernel.image.memory.described()) {
    for (let pfn = Math.ceil(start / 4096 / RUN) * RUN; pfn + RUN <= end / 4096; pfn += RUN) {
      if (structPages.readRun(pfn, RUN).absent) continue;
      const { words } = structPages;
      for (let n = 0; n < RUN; n += pages) {
        const order = compoundOrder(words, n * keys.stride, pfn + n, keys);
        if (2 ** order >= pages && decide(words, n * keys.stride, keys) === rule)
          return { pfn: pfn + n, order };
      }
    }
  }
  throw new Error('there is no such compound');
}

const addressOf = ({ typed: { kernel } }: ChangedDump, pfn: number): bigint =>
  new StructPages(kernel).addressOf(pfn) ?? 0n;

test.each(TYPED)('a compound of %s whose head or last tail is damaged is reported', async (name) => {
  const dump = new ChangedDump(name);
  const { info, space } = dump.typed.kernel;
  const flagsAt = BigInt(info.offset('page.flags') ?? 0);
  const tailAt = BigInt(info.offset('page.compound_head') ?? info.offset('page.compound_info') ?? 8);
  for (const [rule, pages] of [
    [Rule.anonymous, 512],
    [Rule.kernel, 8],
  ] as const) {
    const { pfn, order } = findHead(dump, rule, pages);
    const [head, last] = [pfn, pfn + 2 ** order - 1].map((at) => addressOf(dump, at)) as [bigint, bigint];
    const headless = space.u64(head + flagsAt) & ~BigInt(info.number('PG_head_mask') ?? 0);
    const changes = [
      dump.word(head + flagsAt, headless),
      dump.word(last + tailAt, 0n),
      // Mapped once, but without a reference.
      dump.word(head + BigInt(info.offset('page._mapcount') ?? 0), 0n),
    ];
    for (const change of changes) {
      for (const command of COMMANDS) {
        const now = await dump.ask(command, [change]);
        expect(now.err).toContain('contradict the heads of their compounds');
        expect(now.status).toBe(3);
        expect(JSON.parse(now.out)).toMatchObject({ complete: false });
      }
    }
  }
});

test.each(TYPED)(
  'a compound of %s that is anonymous through a pointer to nowhere is reported',
  async (name) => {
    const dump = new ChangedDump(name);
    const { info } = dump.typed.kernel;
    const { pfn } = findHead(dump, Rule.anonymous, 512);
    const at = addressOf(dump, pfn) + BigInt(info.offset('page.mapping') ?? 0);
    const now = await dump.ask(['pages'], [dump.word(at, 0x5f8fn)]);
    expect([now.status, now.err]).toEqual([
      3,
      expect.stringMatching(/512 pages have struct pages that are impossible or contradict the heads/),
    ]);
  },
);

test.each(TYPED)(
  'a section of %s whose map starts elsewhere than the others imply is reported',
  async (name) => {
    const dump = new ChangedDump(name);
    const { kernel } = dump.typed;
    const { section } = openMemSections(kernel).firstMemMap() ?? { section: 0 };
    const root = kernel.space.u64(kernel.info.symbol('mem_section') ?? 0n);
    const size = kernel.info.size('mem_section') ?? 16;
    const entryAt =
      root + BigInt(section * size) + BigInt(kernel.info.offset('mem_section.section_mem_map') ?? 0);
    for (const entry of [entryAt, entryAt + BigInt(size)]) {
      const moved = dump.word(entry, kernel.space.u64(entry) + 0x40n);
      const now = await dump.ask(['pages'], [moved]);
      expect(now.err).toMatch(/\d{5} pages cannot be classified: the struct pages are damaged/);
      expect(now.status).toBe(3);
      expect(JSON.parse(now.out)).toMatchObject({ complete: false });
    }
  },
);
