import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { InspectError } from '../../../src/errors.ts';
import type { MemoryImage } from '../../../src/formats/image/image.ts';
import { explainEncrypted } from '../../../src/kernel/identity/encrypted-memory.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltKernel, type KernelPlan, pfns } from '../../builders/kernel.ts';

const RAM = [pfns(0x3000, 512)];
const key = Buffer.alloc(32, 7);

/** The memory as its host sees it: each page that is not zero is encrypted, with its address as a tweak. */
function encrypted(plan: KernelPlan = {}, plain = 0): MemoryImage {
  const built = new BuiltKernel({ ram: RAM, ...plan });
  for (let i = 0; i < 64; i++) built.memory.write((0x3000 + i * 8) * 4096, Buffer.alloc(4096, `page ${i} `));
  built.memory.nonZeroPfns().forEach((pfn, i) => {
    if (i < plain) return;
    const tweak = Buffer.alloc(16);
    tweak.writeUInt32LE(pfn);
    const bytes = Uint8Array.from({ length: 4096 }, (_, at) => built.memory.byteAt(pfn * 4096 + at));
    built.memory.write(pfn * 4096, createCipheriv('aes-256-ctr', key, tweak).update(bytes));
  });
  return built.image;
}

const explanation = (image: MemoryImage, error = failureOf(() => openKernel(image))) =>
  explainEncrypted(image, error);
const missing = new InspectError('missingInfo', 'no VMCOREINFO', { key: 'VMCOREINFO' });

describe('a dump of encrypted memory', () => {
  test('is named if page tables are not where VMCOREINFO says', () => {
    expect(explanation(encrypted())).toMatchObject({
      kind: 'unsupported',
      message: expect.stringMatching(
        /the memory is encrypted \(AMD SEV.*, or it is not memory: (\d+) of \1 pages that are not zero/,
      ),
      facts: { path: 'made-up.core', hint: expect.stringContaining('kdump inside') },
    });
  });

  test('is named if it has no VMCOREINFO', () => {
    expect(explanation(encrypted({ text: null }))).toMatchObject({ kind: 'unsupported' });
  });

  test('is named if the guest shares some pages with its host', () => {
    expect(explanation(encrypted({}, 5), missing)).toMatchObject({ kind: 'unsupported' });
  });

  test('is named by a CR3 with the bit of encryption, whatever the pages look like', () => {
    const registers = [{ cpu: 3, cr3: (1n << 51n) | 0x10_1000n, cr4: 0n }];
    const image = { ...new BuiltKernel({ text: null }).image, registers };
    expect(explanation(image, missing)).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('CR3 of CPU 3 is 0x8000000101000, and its bit 51 is above all memory'),
    });
  });
});

describe('a dump of plain memory', () => {
  test.each([
    ['half of it random', encrypted({}, 40)],
    ['with nothing in it', new BuiltKernel({ unwritten: true }).image],
    ['with a kernel in it', new BuiltKernel().image],
  ])('keeps its error: %s', (_, image) => {
    expect(explanation(image, missing)).toBe(missing);
  });

  test('keeps its error if CR3 is in its memory', () => {
    const registers = [{ cpu: 0, cr3: 0x10_1000n, cr4: 0n }];
    expect(explanation({ ...new BuiltKernel().image, registers }, missing)).toBe(missing);
  });

  test('keeps its error if that has another reason', () => {
    const other = new InspectError('missingInfo', 'no key', { key: 'SYMBOL(init_top_pgt)' });
    expect(explanation(encrypted(), other)).toBe(other);
  });
});
