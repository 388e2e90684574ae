import { describe, expect, test } from 'vitest';
import { Btf } from '../../../src/kernel/btf/btf.ts';
import { Types } from '../../../src/kernel/types/types.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';

function typesOf(build: (btf: BuiltBtf, int: number) => void): Types {
  const btf = new BuiltBtf();
  build(btf, btf.int('int', 4));
  return new Types(new Btf(btf.bytes()));
}

describe('a structure with members outside of it', () => {
  const types = typesOf((btf, int) => {
    btf.struct('kernel_symbol', 12, [
      ['value_offset', int, 0],
      ['name_offset', int, 0x1000],
      ['last', btf.int('u8', 1), 11],
    ]);
    btf.struct('growing', 8, [
      ['count', int, 0],
      ['entries', btf.array(int, 0), 4],
    ]);
  });

  test('is corrupt only when such a member is read', () => {
    const type = types.struct('kernel_symbol');
    expect(type.offsetOf('value_offset')).toBe(0);
    const failure = failureOf(() => type.find('name_offset'));
    expect(failure.kind).toBe('corrupt');
    expect(failure.message).toBe(
      'BTF: kernel_symbol.name_offset ends at byte 4100, but the structure has 12 bytes',
    );
  });

  test('is corrupt when more bytes of a member are read than there are', () => {
    const type = types.struct('kernel_symbol');
    expect(type.placeOf('value_offset', 4)).toBe(0);
    expect(type.placeOf('last', 1)).toBe(11);
    expect(failureOf(() => type.placeOf('last', 4)).kind).toBe('corrupt');
  });

  test('may end with an array that goes on', () => {
    expect(types.struct('growing').offsetOf('entries[7]')).toBe(32);
  });
});
