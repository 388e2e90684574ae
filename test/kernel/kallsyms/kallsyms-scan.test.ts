import { describe, expect, test } from 'vitest';
import { readKallsyms } from '../../../src/kernel/kallsyms/kallsyms.ts';
import { Vmcoreinfo } from '../../../src/kernel/vmcoreinfo/vmcoreinfo.ts';
import { failureOf } from '../../builders/failure.ts';
import { imageSymbols, kernelWithSymbols, stextOf } from '../../builders/kallsyms.ts';
import type { BuiltKernel } from '../../builders/kernel.ts';
import { KIB4 } from '../../builders/page-tables.ts';

const STEXT = stextOf({});
/** The search relies on more than 16 markers, one per 256 names. */
const MANY = Array.from({ length: 17 * 256 }, (_, i) => ({
  ...{ type: 't', name: `f${i}`, address: STEXT + 0x400n + BigInt(i * 2) },
}));
const SYMBOLS = [...imageSymbols(STEXT).slice(0, 5), ...MANY];
const PLAN = { symbols: SYMBOLS, lengths: 'byte', named: false } as const;
const DIGITS = '0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00';

/** Returns the offset in bytes of the tokens of the digits in a kernel's image, where they occur once. */
function digitsIn(kernel: BuiltKernel): number {
  const image = Buffer.alloc(2 << 20);
  kernel.memory.read(kernel.imageAt, image);
  return image.indexOf(DIGITS, 0, 'latin1');
}

/** Leaves out the page of the image that has the byte at an offset. */
function leaveOut(kernel: BuiltKernel, offset: number): void {
  const start = kernel.imageAt + Math.floor(offset / KIB4) * KIB4;
  kernel.memory.plan({ described: kernel.described, notStored: [{ start, end: start + KIB4 }] });
}

const FOUND = { source: 'scan', count: SYMBOLS.length };
const refused = (kernel: BuiltKernel) => failureOf(() => readKallsyms(kernel.open()));

describe('kernels before 6.0, which do not say where their symbol table is', () => {
  test.each(['absolute', 'base-relative', 'absolute-percpu'] as const)(
    'have it found by its shape (%s)',
    (form) => {
      const found = readKallsyms(kernelWithSymbols({}, { ...PLAN, form }).open());
      expect(found).toMatchObject({ source: 'scan', form, count: SYMBOLS.length });
      expect(found.find('f4351').map((s) => s.address)).toEqual([STEXT + 0x400n + 8702n]);
    },
  );

  test('have it found even in the last mapped MiB', () => {
    const found = readKallsyms(kernelWithSymbols({}, { ...PLAN, at: 0x1d_0000 }).open());
    expect(found).toMatchObject({ source: 'scan', count: SYMBOLS.length });
  });

  test('have it found after other digits in a row that no token index confirms', () => {
    const kernel = kernelWithSymbols({}, PLAN);
    // 198 more zeros, as if they ended tokens after the digits, put the index at the end of the 64 KiB.
    const decoy = Buffer.alloc(1 << 16, 0xee);
    decoy.write(DIGITS, 'latin1');
    for (let i = 1; i <= 198; i++) decoy[i * 330] = 0;
    kernel.memory.write(kernel.imageAt + 0x2_0000, decoy);
    expect(readKallsyms(kernel.open())).toMatchObject({ source: 'scan', count: SYMBOLS.length });
  });

  // After 198 further tokens of one letter: an index of zeros, and one that begins with something else.
  test.each([0, 1])('have it found after digits with another index, all %i', (index) => {
    const kernel = kernelWithSymbols({}, PLAN);
    const decoy = Buffer.from(`${DIGITS}${'x\0'.repeat(198)}`, 'latin1');
    kernel.memory.write(kernel.imageAt + 0x2_0000, decoy);
    kernel.memory.write(kernel.imageAt + 0x2_0000 + decoy.length, new Uint8Array(520).fill(index));
    expect(readKallsyms(kernel.open())).toMatchObject(FOUND);
  });

  test('have it found by markers of 8 bytes, as before 4.20', () => {
    const found = readKallsyms(kernelWithSymbols({}, { ...PLAN, markerBytes: 8 }).open());
    expect(found).toMatchObject(FOUND);
    expect(found.find('f4351')).toHaveLength(1);
  });

  test('have it found next to missing pages in the same large page', () => {
    for (const distance of [-0x3_0000, 0x2000]) {
      const kernel = kernelWithSymbols({}, PLAN);
      leaveOut(kernel, digitsIn(kernel) + distance);
      expect(readKallsyms(kernel.open())).toMatchObject(FOUND);
    }
  });
});

describe('a table from before 6.0 that is found but inconsistent', () => {
  test('is corrupt without markers', () => {
    const { kind, message } = refused(kernelWithSymbols({}, { ...PLAN, markers: false }));
    expect([kind, message]).toEqual([
      'corrupt',
      expect.stringContaining('no markers before the token table'),
    ]);
  });

  test('is not stored when the page before it is not in the dump', () => {
    const kernel = kernelWithSymbols({}, PLAN);
    const page = digitsIn(kernel) - KIB4;
    leaveOut(kernel, page);
    const { kind, message } = refused(kernel);
    expect(kind).toBe('notStored');
    expect(message).toMatch(/^the symbol table cannot be searched for: .* is not stored in the dump$/);
  });

  test.each([16 * 256, 18 * 256 + 1])('is corrupt when it claims %i symbols but has 18 markers', (count) => {
    const { kind, message } = refused(kernelWithSymbols({}, { ...PLAN, count }));
    expect([kind, message]).toEqual(['corrupt', expect.stringContaining('no names that fit the markers')]);
  });

  test('is missing when kernel text is said to begin at the end of the address space', () => {
    const { space, info } = kernelWithSymbols({}, PLAN).open();
    const text = info.text.replace(/^SYMBOL\(_stext\)=.*$/m, 'SYMBOL(_stext)=fffffffffff00000');
    const lying = new Vmcoreinfo({ text, source: 'made-up' });
    expect(failureOf(() => readKallsyms({ space, info: lying }))).toMatchObject({
      ...{ kind: 'missingInfo', facts: { key: 'SYMBOL(kallsyms_names)' } },
    });
  });
});
