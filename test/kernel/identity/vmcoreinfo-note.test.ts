import { describe, expect, it } from 'vitest';
import type { MemoryImage } from '../../../src/formats/image/image.ts';
import { findVmcoreinfo } from '../../../src/kernel/identity/vmcoreinfo-note.ts';
import { failureOf } from '../../builders/failure.ts';
import type { BuiltKernel } from '../../builders/kernel.ts';
import { KIB4 } from '../../builders/page-tables.ts';
import {
  ATTIC,
  atticPage as at,
  CRASH_MEMORY,
  captureKernel,
  changed,
  inOrder,
  KASLR,
  keepPage,
  plant,
  provableKernel,
  rootOf,
  searchedImage,
  secondKernel,
  textOf,
} from '../../builders/provable-kernel.ts';

const CRASHTIME = 'CRASHTIME=1700000000\n';

/** A dump with that note and CPUs with these CR3. */
function noted(built: BuiltKernel, text: string, cr3s: readonly number[]): MemoryImage {
  return { ...searchedImage(built, cr3s), vmcoreinfo: { text, source: 'note at offset 0x520' } };
}

/** Returns the result, and how many bytes were searched for it. */
function found(image: MemoryImage, boot?: number) {
  let searched = 0;
  const onBytes = () => (done: number) => {
    searched = done;
  };
  return { ...findVmcoreinfo(image, onBytes, boot), searched };
}

/** The file ends before the last page of memory. */
function loseEnd(built: BuiltKernel): void {
  const end = ATTIC.end;
  built.memory.plan({ described: built.described, truncated: [{ start: end - KIB4, end }] });
}

const otherBoot = inOrder(textOf(provableKernel({ kernelOffset: 0x600_0000n, physBase: 0x200_0000n })));

describe('the note of a dump', () => {
  it.each([
    ['that the CPUs confirm', (built: BuiltKernel) => [rootOf(built)], /all CPUs/],
    ['of a kernel that wrote it itself', () => [], /holds its release/],
  ])('%s is used without a search', (_, cr3s, reason) => {
    const built = provableKernel(KASLR);
    const { searched, ...text } = found(noted(built, textOf(built), cr3s(built)));
    const source = 'note at offset 0x520';
    expect(text).toEqual({
      ...{ text: textOf(built), source },
      candidates: [{ source, verdict: 'believed', reason: expect.stringMatching(reason) }],
    });
    expect(searched).toBe(0);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['another boot', {}, /page tables cannot be found/],
    ['a kernel of another release', { OSRELEASE: '6.1.0-1' }, /init_uts_ns .* holds the release "6\.12\.0"/],
    ['a kernel with other pages', { PAGESIZE: '8192' }, /PAGESIZE is "8192"/],
  ])('is not used when memory shows that it comes from %s', (_, lines, reason) => {
    const built = provableKernel(KASLR);
    plant(built, at(100), textOf(built));
    const own = inOrder(textOf(built));
    const text = Object.keys(lines).length === 0 ? otherBoot : changed(own, lines);
    for (const cr3s of [[], [rootOf(built)]]) {
      const taken = found(noted(built, text, cr3s));
      expect(taken.text).toBe(own);
      expect(taken.doubts?.[0]).toMatch(/^note of an earlier boot: not used \(/);
      expect(taken.doubts?.[0]).toMatch(reason);
      expect(taken.boots).toMatchObject([{ release: '6.12.0', physical: built.imageAt, taken: true }]);
    }
  });

  it('is not used when its kernel is whole but the CPUs were running another (kexec)', () => {
    const built = provableKernel(KASLR);
    const second = secondKernel(built, { structPages: false });
    plant(built, at(100), textOf(built));
    const taken = found(noted(built, second.text, [rootOf(built)]));
    expect(taken.text).toBe(inOrder(textOf(built)));
    expect(taken.doubts).toEqual([
      expect.stringMatching(/^note of an earlier boot: not used \(SYMBOL\(mem_section\)/),
    ]);
  });

  it('stays, with a doubt, when no other kernel is in memory', () => {
    const built = provableKernel(KASLR);
    const refuted = changed(textOf(built), { OSRELEASE: '6.1.0-1' });
    const { text, doubts } = found(noted(built, refuted, []));
    expect(text).toBe(refuted);
    expect(doubts).toEqual([
      expect.stringContaining('the memory contradicts the VMCOREINFO note and holds no other one'),
    ]);
    const idle = found(noted(built, textOf(built), [0x5000]));
    expect(idle.text).toBe(textOf(built));
    expect(idle.doubts).toEqual(['the note is used, but 0 of 1 CPUs were running that kernel']);
  });

  it.each([
    ['a placeholder, as vm2core writes it', 'FAKE1=IGNORE1\nFAKE2=IGNORE2\n', /no OSRELEASE/],
    ['empty', '', /empty/],
    ['zeroed', '\0'.repeat(20), /empty/],
    ['without a release', 'OSRELEASE=\nPAGESIZE=4096\n', /no OSRELEASE/],
  ])('is not VMCOREINFO if it is %s: memory is searched', (_, text, reason) => {
    const built = provableKernel(KASLR);
    plant(built, at(100), textOf(built));
    const refused = { source: 'note at offset 0x520', verdict: 'unavailable' };
    for (const cr3s of [[], [rootOf(built)]]) {
      const taken = found(noted(built, text, cr3s));
      expect([taken.text, taken.doubts]).toEqual([inOrder(textOf(built)), []]);
      expect(taken.candidates).toEqual([
        { ...refused, reason: expect.stringMatching(reason) },
        { source: 'memory at physical 0x3074000', verdict: 'believed', reason: expect.stringMatching(/./) },
      ]);
    }
    const cut = provableKernel(KASLR);
    plant(cut, at(100), textOf(cut));
    loseEnd(cut);
    const image = noted(cut, text, []);
    expect(found(image).text).toBe(inOrder(textOf(cut)));
  });

  it('is not used if it is a placeholder and nothing else is in memory', () => {
    const built = provableKernel(KASLR);
    expect(failureOf(() => found(noted(built, 'FAKE1=IGNORE1\n', [])))).toMatchObject({
      kind: 'missingInfo',
      facts: { key: 'VMCOREINFO' },
      message: expect.stringMatching(/its VMCOREINFO note is none \(it has no OSRELEASE.*none in its memory/),
    });
  });

  it.each([
    ['a placeholder', 'FAKE1=IGNORE1\n', 'unavailable'],
    ['the note of another boot', otherBoot, 'refuted'],
  ])('is the one of several that holds: after %s', (_, text, verdict) => {
    const built = provableKernel(KASLR);
    const own = { text: textOf(built), source: 'note at offset 0x900' };
    for (const cr3s of [[], [rootOf(built)]]) {
      const taken = found({ ...noted(built, text, cr3s), furtherVmcoreinfo: [own] });
      expect([taken.text, taken.source, taken.searched]).toEqual([own.text, own.source, 0]);
      expect(taken.candidates).toMatchObject([
        { source: 'note at offset 0x520', verdict },
        { source: own.source, verdict: 'believed' },
      ]);
      const first = found({
        ...noted(built, own.text, cr3s),
        furtherVmcoreinfo: [{ text, source: 'other' }],
      });
      expect([first.text, first.source]).toEqual([own.text, 'note at offset 0x520']);
    }
  });

  it('is refuted in a truncated file, too, by the memory that the file has', () => {
    const built = provableKernel(KASLR);
    plant(built, at(100), textOf(built));
    loseEnd(built);
    const taken = found(noted(built, otherBoot, []));
    expect(taken.text).toBe(inOrder(textOf(built)));
    expect(taken.candidates?.map(({ verdict }) => verdict)).toEqual(['refuted', 'believed']);
  });

  it('is not contradicted by memory that is not stored', () => {
    const built = provableKernel(KASLR);
    const image = { start: built.imageAt, end: built.imageAt + 2 ** 21 };
    built.memory.plan({ described: built.described, notStored: [image] });
    const { searched, doubts } = found(noted(built, textOf(built), []));
    expect([searched, doubts]).toEqual([0, undefined]);
  });
});

describe('a crashed kernel and its capture kernel', () => {
  function pair(crashed: string) {
    const built = provableKernel({ ...KASLR, ram: [CRASH_MEMORY] });
    for (const address of [built.imageAt, rootOf(built)]) keepPage(built, address / KIB4);
    const capture = captureKernel(built, '6.1.0-capture');
    const texts = [inOrder(`${textOf(built)}${crashed}`), inOrder(capture.text)] as const;
    plant(built, at(10), texts[1]);
    plant(built, at(20), texts[0]);
    return { built, texts, roots: [rootOf(built), capture.root] as const };
  }

  it.each([
    ['by no note', null],
    ["by the crashed kernel's note", 0],
    ["by the capture kernel's note", 1],
  ] as const)('are both reported, and the crashed one is used: %s', (_, note) => {
    for (const crashed of ['', CRASHTIME]) {
      const { built, texts, roots } = pair(crashed);
      for (const cr3s of [[], [roots[1]], [roots[0], roots[1]]]) {
        const image =
          note === null
            ? searchedImage(built, cr3s)
            : noted(built, texts[note], cr3s.length > 0 ? cr3s : [roots[1]]);
        const first = found(image);
        expect(first.text).toBe(texts[0]);
        expect(first.boots).toMatchObject([
          { release: '6.12.0', physical: built.imageAt, taken: true },
          { release: '6.1.0-capture', physical: CRASH_MEMORY.start, taken: false },
        ]);
        expect(first.boots?.[0]?.why).toMatch(/^it crashed/);
        expect(first.doubts).toEqual([
          expect.stringMatching(
            /another kernel is in this memory, too: OSRELEASE=6\.1\.0-capture .*--boot 2 selects it/,
          ),
        ]);
        const second = found(image, 2);
        expect(second.text).toBe(texts[1]);
        expect(second.boots?.map(({ taken }) => taken)).toEqual([false, true]);
        expect(second.boots?.[1]?.why).toMatch(/^--boot 2 selects it; the capture kernel/);
      }
    }
  });

  it('are two, so a third cannot be asked for', () => {
    const { built } = pair(CRASHTIME);
    expect(failureOf(() => found(searchedImage(built), 3))).toMatchObject({
      kind: 'usage',
      message: '--boot 3: there are 2 kernels in this memory',
    });
  });
});

describe('two kernels that nothing distinguishes', () => {
  it('can be chosen by number', () => {
    const built = provableKernel(KASLR);
    const second = secondKernel(built);
    plant(built, at(10), textOf(built));
    plant(built, at(20), second.text);
    const image = searchedImage(built);
    expect(failureOf(() => found(image)).facts.hint).toContain('--boot N');
    const texts = [1, 2].map((boot) => found(image, boot).text);
    expect(new Set(texts)).toEqual(new Set([inOrder(textOf(built)), inOrder(second.text)]));
  });
});
