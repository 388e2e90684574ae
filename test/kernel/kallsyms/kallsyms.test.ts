import { describe, expect, test } from 'vitest';
import { readKallsyms } from '../../../src/kernel/kallsyms/kallsyms.ts';
import { type BuiltSymbol, imageSymbols, kernelWithSymbols, stextOf } from '../../builders/kallsyms.ts';

const STEXT = stextOf({});
const plain = (symbols: Iterable<BuiltSymbol>) => [...symbols].map((s) => [s.type, s.name, s.address]);

describe.each(['absolute', 'base-relative', 'absolute-percpu', 'place-relative'] as const)(
  'a symbol table in the %s form',
  (form) => {
    const symbols = readKallsyms(kernelWithSymbols({}, { form }).open());

    test('is recognised by the address of _stext', () => {
      expect(symbols.form).toBe(form);
      expect(symbols.source).toBe('vmcoreinfo');
    });

    test('gives every symbol with its type and address, in order', () => {
      expect(plain(symbols)).toEqual(plain(imageSymbols(STEXT, form === 'absolute-percpu')));
    });
  },
);

describe('symbols under KASLR', () => {
  test.each(['base-relative', 'place-relative'] as const)('are where KASLR put them (%s)', (form) => {
    const kaslr = { kernelOffset: 0x1e00_0000n, physBase: -0x1c00_0000n };
    const symbols = readKallsyms(kernelWithSymbols(kaslr, { form }).open());
    expect(symbols.find('commit_creds').map((s) => s.address)).toEqual([STEXT + 0x1e00_0000n + 0x240n]);
  });
});

describe('per-CPU symbols', () => {
  test('keep their offsets into the per-CPU area in the absolute-percpu form', () => {
    const symbols = readKallsyms(kernelWithSymbols({}, { form: 'absolute-percpu' }).open());
    expect(symbols.find('cpu_number')).toEqual([{ type: 'd', name: 'cpu_number', address: 0x4008n }]);
  });
});

describe('names longer than 127 compressed bytes', () => {
  // The tokens are single characters here, so the type and 180 characters are 181 bytes.
  const long = 'q'.repeat(180);
  const symbols = (stext: bigint) => {
    const [first, ...rest] = imageSymbols(stext);
    return [...(first ? [first] : []), { type: 't', name: long, address: stext + 0x80n }, ...rest];
  };

  test.each([
    ['uleb128', '6.1.0'],
    ['byte', '6.0.0'],
  ] as const)('are read with lengths in the %s form', (lengths, release) => {
    const plan = { lengths, symbols: symbols(STEXT) };
    const found = readKallsyms(kernelWithSymbols({ keys: { OSRELEASE: release } }, plan).open());
    expect(found.find(long)).toEqual([{ type: 't', name: long, address: STEXT + 0x80n }]);
    expect(plain(found)).toEqual(plain(symbols(STEXT)));
  });

  test('may have as many as 300 bytes in the uleb128 form', () => {
    const longest = 'z'.repeat(300);
    const plan = {
      symbols: [...imageSymbols(STEXT), { type: 'b', name: longest, address: STEXT + 0x20_1000n }],
    };
    expect(readKallsyms(kernelWithSymbols({}, plan).open()).find(longest)).toHaveLength(1);
  });
});

describe('looking symbols up', () => {
  const symbols = readKallsyms(kernelWithSymbols().open());

  test('by name finds all local symbols of that name', () => {
    expect(symbols.find('helper').map((s) => s.address)).toEqual([STEXT + 0x200n, STEXT + 0x300n]);
  });

  test.each(['help', 'helpers', 'Thelper', '', '_stex'])(
    'by "%s", which is not a whole name, finds nothing',
    (name) => {
      expect(symbols.find(name)).toEqual([]);
    },
  );

  test('by address finds the symbol at or below, its size and the distance', () => {
    const found = symbols.nearest(STEXT + 0x245n);
    expect(found?.symbol.name).toBe('commit_creds');
    expect(found).toMatchObject({ offset: 5n, size: 0xc0n });
  });

  test('by its own address finds a symbol at distance 0', () => {
    expect(symbols.nearest(STEXT)).toMatchObject({ symbol: { name: '_stext' }, offset: 0n, size: 0x100n });
  });

  test.each([STEXT - 1n, STEXT + 0x20_0000n, 0n])(
    'by address 0x%s outside the table finds nothing',
    (address) => {
      expect(symbols.nearest(address)).toBeUndefined();
    },
  );
});
