import { describe, expect, test } from 'vitest';
import { btfInImage } from '../../../src/kernel/btf/btf-search.ts';
import { ImageReader, imageRange } from '../../../src/kernel/paging/image-reader.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';
import { kernelWithSymbols, stextOf } from '../../builders/kallsyms.ts';

const AT = 0x10_0001;

/** A kernel whose symbols do not say where its BTF is. */
function kernelWith(blob: Uint8Array) {
  const built = kernelWithSymbols();
  built.memory.write(built.imageAt + AT, blob);
  return built;
}

function typesOf(sizeOfPage: number): BuiltBtf {
  const btf = new BuiltBtf();
  for (const name of ['task_struct', 'mm_struct']) btf.struct(name, 64, []);
  btf.struct('page', sizeOfPage, []);
  btf.struct('list_head', 16, []);
  return btf;
}

const found = (blob: Uint8Array) => {
  const { space } = kernelWith(blob).open();
  return [...btfInImage(new ImageReader(space), stextOf({}))];
};

describe('the search for BTF in the image', () => {
  test('finds it at any alignment, with the size of its header', () => {
    const blob = typesOf(64).bytes();
    expect(found(blob)).toEqual([{ address: stextOf({}) + BigInt(AT), size: BigInt(blob.length) }]);
  });

  test.each([
    ['another version', { version: 2 }],
    ['a header of no sane length', { headerLength: 0x1000 }],
    ['no types', { typeLength: 0 }],
    ['names among the types', { stringOffset: 4 }],
    ['more bytes than any BTF', { stringLength: 0x4000_0000 }],
  ])('passes over %s', (_, lies) => expect(found(typesOf(64).bytes(lies))).toEqual([]));

  test.each([
    ['types that VMCOREINFO contradicts', typesOf(63)],
    ['types that nothing confirms', typesOf(64)],
  ])('does not believe %s', (_, btf) => {
    const typed = new TypedKernel(kernelWith(btf.bytes()).open());
    expect(failureOf(() => typed.types).message).toBe(
      'this kernel has no BTF, which describes its structures',
    );
    expect(typed.hasNoTypes).toBe(true);
  });

  test.each([[undefined], [0n], [0x1000n], [0xffff_8880_0000_0000n], [0xffff_ffff_ffff_f000n]])(
    'searches nothing from %s on',
    (stext) => {
      const { start, end } = imageRange(stext);
      expect(end - start).toBe(0n);
    },
  );
});
