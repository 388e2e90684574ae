import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InspectError } from '../../../src/errors.ts';
import { Btf } from '../../../src/kernel/btf/btf.ts';
import { KIND } from '../../../src/kernel/btf/kinds.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';

function small(): BuiltBtf {
  const built = new BuiltBtf();
  built.struct('page', 4, [['flags', built.int('int', 4), 0]]);
  return built;
}

describe('the header', () => {
  test('may be longer than this program knows', () => {
    for (const header of [24, 32, 48]) {
      const btf = new Btf(small().bytes({ header }));
      expect([...btf.find('page')]).toHaveLength(1);
    }
  });

  test.each([
    ['another magic number', { magic: 0x9feb }, 'magic'],
    ['a length below that of the first version', { headerLength: 20 }, 'hdr_len is 20'],
    ['a length past the end', { headerLength: 4096 }, 'hdr_len is 4096'],
    ['a length that is not aligned', { headerLength: 25 }, 'hdr_len is 25'],
    ['types past the end', { typeLength: 4096 }, 'type_len 4096'],
    ['types that begin past the end', { typeOffset: 2 ** 32 - 4 }, 'type_off'],
    ['types that are not aligned', { typeOffset: 2 }, 'not aligned'],
    ['strings past the end', { stringLength: 2 ** 32 - 1 }, 'str_len'],
    ['no strings', { stringLength: 0 }, 'a name is at offset 0'],
    ['strings without a final NUL', { stringLength: 3 }, 'no end'],
    ['strings with a nonempty first string', { stringOffset: 36 + 1 }, ''],
  ])('is corrupt with %s', (_, lies, message) => {
    const failure = failureOf(() => new Btf(small().bytes(lies)));
    expect(failure.kind).toBe('corrupt');
    expect(failure.message).toContain(message);
  });

  test('is of an unsupported version when it says so', () => {
    expect(failureOf(() => new Btf(small().bytes({ version: 2 }))).kind).toBe('unsupported');
  });

  test('is corrupt when it is cut off', () => {
    expect(failureOf(() => new Btf(small().bytes().subarray(0, 23))).kind).toBe('corrupt');
  });
});

describe('a kind that is newer than this program', () => {
  const KIND_20 = 20;

  function withNewKind(): BuiltBtf {
    const built = small();
    built.add(KIND_20, 'new', 0, [7, 8, 1, 2, 3, 4], 2);
    built.struct('after', 4, []);
    return built;
  }

  test('is unsupported, with its number and place', () => {
    const failure = failureOf(() => new Btf(withNewKind().bytes()));
    expect(failure.kind).toBe('unsupported');
    expect(failure.message).toContain('kind 20 of type 3');
    // The header, an integer of 16 bytes and a structure of 24 bytes precede it.
    expect(failure.facts.offset).toBe(24 + 16 + 24);
  });

  test('is skipped if the BTF itself gives its length', () => {
    const layouts = Array.from({ length: 21 }, (_, kind) =>
      kind === KIND_20 ? ([8, 8] as const) : ([0, 0] as const),
    );
    const btf = new Btf(withNewKind().bytes({ header: 32, layouts }));
    expect([...btf.find('after')]).toEqual([4]);
    expect(btf.kind(3)).toBe(KIND_20);
    expect([...btf.find('page')]).toEqual([2]);
  });

  test('is not taken as void', () => {
    const built = new BuiltBtf();
    built.add(KIND.VOID, '', 0);
    expect(failureOf(() => new Btf(built.bytes())).kind).toBe('unsupported');
  });
});

describe('types that lie about their length', () => {
  test('are corrupt when the last one is cut off', () => {
    const length = 16 + 24 - 4;
    const failure = failureOf(() => new Btf(small().bytes({ typeLength: length })));
    expect(failure.message).toContain('ends past the types');
    expect(failureOf(() => new Btf(small().bytes({ typeLength: 16 + 8 }))).message).toContain('is cut off');
  });

  test('are corrupt when one has more members than there is room for', () => {
    const built = new BuiltBtf();
    built.add(KIND.STRUCT, 'huge', 8, [], 0xff_ffff);
    expect(failureOf(() => new Btf(built.bytes())).message).toContain('16777215 elements');
  });
});

test('any bytes yield either types or an InspectError', () => {
  const whole = small().bytes();
  const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(edits, fc.nat(whole.length), (changes, cut) => {
      const bytes = whole.slice(0, cut > 24 ? whole.length : cut);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        readAll(new Btf(bytes));
      } catch (error) {
        if (!(error instanceof InspectError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});

function readAll(btf: Btf): void {
  for (let id = 0; id < btf.endId; id++) {
    btf.nameOf(id);
    btf.sizeOf(id);
    if (btf.kind(id) === KIND.STRUCT) for (let i = 0; i < btf.elements(id); i++) btf.member(id, i);
  }
  for (const name of [...btf.names()]) expect([...btf.find(name)].length).toBeGreaterThan(0);
}
