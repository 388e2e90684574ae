import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../src/kernel/log/log-record.ts';
import { type LogReport, logRow, missingText } from '../../src/report/dmesg-report.ts';
import { dmesgView } from '../../src/report/views/dmesg-view.ts';
import { logRecord } from '../builders/log-record.ts';
import { violations } from '../support/schema.ts';
import { textOf } from '../support/text-of.ts';

const lost = (facts: object) =>
  ({
    kind: 'lost',
    position: 7n,
    sequence: 7n,
    count: 1,
    cause: 'absent',
    reason: 'is not stored',
    ...facts,
  }) as const;

/** Returns the text of a record. */
function logText(record: LogRecord, isTerminal = false): Promise<string> {
  const report: LogReport = {
    ...{
      schema: 'kdump-inspect/dmesg/1',
      entries: [record],
      failure: undefined,
      warnings: [],
      complete: true,
    },
  };
  return textOf(dmesgView(report), { isTerminal });
}

describe('a record as text', () => {
  it.each([
    [0n, 'thread', 0, '[    0.000000] [      T0] text\n'],
    [13_659_925_999n, 'thread', 1, '[   13.659925] [      T1] text\n'],
    [123_456_000_001_000n, 'cpu', 12, '[123456.000001] [     C12] text\n'],
    [1_000n, 'thread', 2_147_483_647, '[    0.000001] [T2147483647] text\n'],
  ] as const)(
    'has the time in microseconds and the caller as makedumpfile has them: %s ns',
    async (time, kind, id, line) => {
      expect(await logText(logRecord({ time, caller: { kind, id }, text: 'text' }))).toBe(line);
    },
  );

  it('has no caller if the kernel keeps none', async () => {
    expect(await logText(logRecord({ caller: null, text: 'x' }))).toBe('[    0.000000] x\n');
  });

  it('indents its further lines below the first', async () => {
    const text = await logText(logRecord({ text: 'two\nlines\n' }));
    expect(text).toBe(`[    0.000000] [      T1] two\n${' '.repeat(26)}lines\n${' '.repeat(26)}\n`);
  });

  it('is the prefix with its blank if the line is empty', async () => {
    expect(await logText(logRecord())).toBe('[    0.000000] [      T1] \n');
  });

  it('has no bytes but printable ASCII, tab and newline', async () => {
    const text = await logText(
      logRecord({ caller: null, text: Uint8Array.from({ length: 256 }, (_, i) => i) }),
    );
    expect(text).toMatch(/^[\t\n\x20-\x7e]*$/);
    for (const escaped of ['\\x00', '\\x0b', '\\x0c', '\\x0d', '\\x1b', '\\x7f', '\\x80', '\\xff']) {
      expect(text).toContain(escaped);
    }
  });

  it('has blanks instead of tabs on a terminal, and looks the same there', async () => {
    const record = logRecord({ caller: null, text: '\ta\tbb\n\tc' });
    expect(await logText(record, true)).toBe(`[    0.000000]  a       bb\n${' '.repeat(16)}c\n`);
  });
});

describe('a record in JSON', () => {
  it('is as its schema says', () => {
    const row = logRow(
      logRecord({
        sequence: 5n,
        time: 1_234_567_890n,
        level: 3,
        facility: 20,
        caller: { kind: 'cpu', id: 2 },
        device: { subsystem: 'pci', device: '+pci:0000:00:01.0' },
        continuation: true,
        cleared: false,
        text: 'x',
      }),
    );
    expect(row).toEqual({
      schema: 'kdump-inspect/dmesg/1',
      sequence: 5,
      time: 1_234_567_890,
      level: 'err',
      facility: 'local4',
      caller: 'C2',
      device: { subsystem: 'pci', device: '+pci:0000:00:01.0' },
      continuation: true,
      cleared: false,
      text: 'x',
      complete: true,
    });
    expect(violations('dmesg', row)).toEqual([]);
  });

  it('has null for what the kernel does not keep', () => {
    const unknown = { sequence: null, level: null, facility: null, caller: null, continuation: null };
    const row = logRow(logRecord({ ...unknown, text: 'x' }));
    expect(row).toMatchObject({ ...unknown, text: 'x' });
    expect(violations('dmesg', row)).toEqual([]);
  });

  it('has numbers up to 2^53, and text past that', () => {
    const row = (n: bigint) => logRow(logRecord({ time: n, sequence: n }));
    expect(row(2n ** 53n - 1n)).toMatchObject({ time: 2 ** 53 - 1, sequence: 2 ** 53 - 1 });
    expect(row(2n ** 53n)).toMatchObject({ time: '9007199254740992', sequence: '9007199254740992' });
    expect(violations('dmesg', row(2n ** 64n - 1n))).toEqual([]);
  });

  it('has the number of a facility without a name', () => {
    expect(logRow(logRecord({ facility: 31 })).facility).toBe('31');
  });

  it.each([
    ['UTF-8', [0xe2, 0x82, 0xac], '€'],
    ['UTF-8 with a control character', [0x1b, 0x5b], '\x1b['],
    ['what is not UTF-8', [0x61, 0xe4, 0x62], 'a\\xe4b'],
    ['a byte order mark', [0xef, 0xbb, 0xbf], '\ufeff'],
  ])('has the text: %s', (_, bytes, text) => {
    expect(logRow(logRecord({ text: Uint8Array.from(bytes) })).text).toBe(text);
  });

  it.each([
    ['absent', false],
    ['damaged', false],
    ['unwritten', true],
  ] as const)('is in a line of its own if it is missing: %s', (cause, complete) => {
    const row = logRow(lost({ cause, count: 3 }));
    expect(row).toMatchObject({ sequence: 7, text: null, complete });
    expect(row.missing).toEqual({ records: 3, cause, reason: 'is not stored' });
    expect(violations('dmesg', row)).toEqual([]);
  });
});

describe('what is missing, in words', () => {
  it.each([
    [{}, 'record 7 is missing: is not stored'],
    [{ count: 3 }, '3 records from 7 on are missing: is not stored'],
    [{ count: null, sequence: null }, 'the rest of the log is missing: is not stored'],
    [{ sequence: null }, 'a record of the log is missing: is not stored'],
    [{ cause: 'unwritten' }, 'record 7 is without a text: is not stored'],
  ])('%j', (facts, text) => {
    expect(missingText(lost(facts))).toBe(text);
  });
});
