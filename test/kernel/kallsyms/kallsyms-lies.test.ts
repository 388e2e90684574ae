import { describe, expect, test } from 'vitest';
import { readKallsyms } from '../../../src/kernel/kallsyms/kallsyms.ts';
import { failureOf } from '../../builders/failure.ts';
import { imageSymbols, kernelWithSymbols, stextOf } from '../../builders/kallsyms.ts';
import { BuiltKernel } from '../../builders/kernel.ts';

const STEXT = stextOf({});
const failureWith = (...plan: Parameters<typeof kernelWithSymbols>) =>
  failureOf(() => readKallsyms(kernelWithSymbols(...plan).open()));

describe('a symbol table whose sizes lie', () => {
  test.each([0, 2 ** 32 - 1, 2 ** 20 + 1])('is corrupt when it claims %d symbols', (count) => {
    const failure = failureWith({}, { count });
    expect(failure.kind).toBe('corrupt');
    expect(failure.message).toContain(`${count}`);
  });

  test('is corrupt when it claims many more names than there are', () => {
    expect(failureWith({}, { count: 100_000 }).kind).toBe('corrupt');
  });

  test('is corrupt when it claims one name more than fits before the tokens', () => {
    // The token for the first name's length byte (2) begins with a letter: an empty name seems to have a
    // type.
    const tokens = { 1: 'T_', 2: 'stext', 3: 'there' };
    const symbols = [{ type: 'T', name: '_stext', address: STEXT }];
    const failure = failureWith({}, { symbols, tokens, markers: false, count: 2 });
    expect(failure.kind).toBe('corrupt');
  });

  test('is corrupt when a token begins outside the token table', () => {
    const filled = imageSymbols(STEXT);
    const kernel = kernelWithSymbols({}, { symbols: filled, tokenIndex: { 65: 0xffff }, at: 0x10_0000 });
    // No byte after the tokens is zero, so none of them ends a token by chance.
    kernel.memory.write(kernel.imageAt + 0x10_1000, new Uint8Array(0xf_f000).fill(0xee));
    expect(failureOf(() => readKallsyms(kernel.open())).kind).toBe('corrupt');
  });

  test('is corrupt when a name is too long, before the name is expanded', () => {
    const tokens = { 1: 'stext', 84: 'T', 2: 'z'.repeat(2000) };
    const named = (n: number) => ({ type: 'T', name: 'z'.repeat(2000 * n), address: STEXT + 0x10n });
    const symbols = [{ type: 'T', name: '_stext', address: STEXT }, named(2)];
    expect([...readKallsyms(kernelWithSymbols({}, { symbols, tokens }).open())]).toHaveLength(2);
    const longer = readKallsyms(kernelWithSymbols({}, { symbols: [...symbols, named(100)], tokens }).open());
    expect(failureOf(() => [...longer])).toMatchObject({ kind: 'corrupt' });
  });

  test.each([
    ['begins inside the previous one', { tokenIndex: { 66: 1 } }],
    ['is a character other than its own code', { tokens: { 98: 'c' } }],
    ['has a character that occurs in no name', { tokens: { 2: 'a\x01' } }],
  ] as const)('warns that names may be wrong when a token %s', (_, plan) => {
    const { damage } = readKallsyms(kernelWithSymbols({}, { symbols: imageSymbols(STEXT), ...plan }).open());
    expect(damage).toContain('token');
  });

  test('does not warn when its tokens are as the kernel build wrote them', () => {
    expect(readKallsyms(kernelWithSymbols({}, { symbols: imageSymbols(STEXT) }).open()).damage).toBeNull();
  });

  test('is corrupt when no name begins with a symbol type', () => {
    const symbols = imageSymbols(STEXT).map((s) => ({ ...s, type: '!' }));
    expect(failureWith({}, { symbols }).kind).toBe('corrupt');
  });
});

describe('a symbol table that cannot be verified', () => {
  test('is corrupt when _stext is not where VMCOREINFO says', () => {
    const symbols = imageSymbols(STEXT).map((s) =>
      s.name === '_stext' ? { ...s, address: s.address + 0x10n } : s,
    );
    const failure = failureWith({}, { symbols });
    expect(failure.kind).toBe('corrupt');
    expect(failure.message).toContain(`0x${STEXT.toString(16)}`);
    expect(failure.message).toContain('base-relative');
  });

  test('is corrupt when it has no _stext', () => {
    const symbols = imageSymbols(STEXT).filter((s) => s.name !== '_stext');
    expect(failureWith({}, { symbols }).kind).toBe('corrupt');
  });

  test('lacks information when VMCOREINFO has no _stext', () => {
    const failure = failureWith({ keys: { 'SYMBOL(_stext)': null } });
    expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key: 'SYMBOL(_stext)' } });
  });
});

describe('a symbol table that is incomplete', () => {
  test.each(['kallsyms_num_syms', 'kallsyms_token_table', 'kallsyms_token_index', 'kallsyms_offsets'])(
    'lacks information when only %s is missing from VMCOREINFO',
    (name) => {
      const failure = failureWith({ keys: { [`SYMBOL(${name})`]: null } });
      expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key: `SYMBOL(${name})` } });
    },
  );

  test('lacks information when VMCOREINFO lacks its keys and no table is found', () => {
    const failure = failureOf(() => readKallsyms(new BuiltKernel().open()));
    expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key: 'SYMBOL(kallsyms_names)' } });
  });

  test.each(['kallsyms_num_syms', 'kallsyms_names', 'kallsyms_token_index', 'kallsyms_offsets'])(
    'is not mapped when %s leads nowhere',
    (name) => {
      const failure = failureWith({ keys: { [`SYMBOL(${name})`]: 'ffffffffa0000000' } });
      expect(failure).toMatchObject({ kind: 'notMapped', facts: { address: 0xffff_ffff_a000_0000n } });
    },
  );

  test('is not stored when the dump was written without it', () => {
    const [first] = imageSymbols(STEXT);
    const kernel = kernelWithSymbols({}, { symbols: first ? [first] : [] });
    const tables = kernel.imageAt + 0x4_0000;
    kernel.memory.plan({ described: kernel.described, notStored: [{ start: tables, end: tables + 0x1000 }] });
    expect(failureOf(() => readKallsyms(kernel.open())).kind).toBe('notStored');
  });

  describe.each([
    ['damaged', 'corrupt'],
    ['unreadable', 'io'],
    ['notStored', 'notStored'],
    ['truncated', 'notStored'],
  ] as const)('with a page that is %s', (state, kind) => {
    /** Names that fill some ten pages. */
    const symbols = Array.from({ length: 5000 }, (_, i) => ({
      type: 'T',
      name: i === 0 ? '_stext' : `symbol_${i}`,
      address: STEXT + BigInt(i * 16),
    }));

    test('reports the page, not a corrupt table, when the page has names', () => {
      const kernel = kernelWithSymbols({}, { symbols });
      const names = kernel.open().info.symbol('kallsyms_names') ?? 0n;
      const start = kernel.imageAt + Number(names - STEXT);
      const page = Math.floor(start / 4096) * 4096 + 4096;
      kernel.memory.plan({ described: kernel.described, [state]: [{ start: page, end: page + 4096 }] });
      const failure = failureOf(() => readKallsyms(kernel.open()));
      expect(failure.kind).toBe(kind);
      expect(failure.message).not.toContain('fit');
    });
  });
});
