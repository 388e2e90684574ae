import { describe, expect, it } from 'vitest';
import { latin1 } from '../../../src/bytes/words.ts';
import type { LogEntry } from '../../../src/kernel/log/log-record.ts';
import { openLog } from '../../../src/kernel/log/open-log.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltKernel } from '../../builders/kernel.ts';
import { type BufferPlan, BuiltBuffer, type Logged, PLACES } from '../../builders/log-buffer.ts';

const entriesOf = (plan: BufferPlan, logged: readonly Logged[]): LogEntry[] => [
  ...openLog(new BuiltBuffer(plan, logged).kernel().open()).entries(),
];

const shown = (entries: readonly LogEntry[]) =>
  entries.map((entry) => (entry.kind === 'record' ? latin1(entry.text) : entry.cause));

describe('the record buffer of 3.5 to 5.9', () => {
  it.each(['log', 'printk_log'] as const)('has each record with all that struct %s has', (name) => {
    const [record] = entriesOf({ name }, [
      {
        text: 'link is down',
        ts_nsec: 5_000_000_123n,
        facility: 1,
        level: 3,
        flags: 8,
        dictionary: ['SUBSYSTEM=net', 'DEVICE=n3'],
      },
    ]);
    expect(record).toMatchObject({
      sequence: null,
      time: 5_000_000_123n,
      facility: 1,
      level: 3,
      continuation: true,
      caller: null,
      device: { subsystem: 'net', device: 'n3' },
      cleared: null,
    });
    expect(shown(record ? [record] : [])).toEqual(['link is down']);
  });

  it('has the caller if the kernel keeps it', () => {
    const records = entriesOf({ callers: true }, [
      { text: 'a', caller_id: 4711 },
      { text: 'b', caller_id: 0x8000_0002 },
    ]);
    expect(records).toMatchObject([
      { caller: { kind: 'thread', id: 4711 } },
      { caller: { kind: 'cpu', id: 2 } },
    ]);
  });

  it('has no device for a record without a dictionary', () => {
    expect(entriesOf({}, [{ text: 'a' }])).toMatchObject([{ device: null }]);
  });

  it('is empty if both indexes are the same', () => {
    expect(entriesOf({}, [])).toEqual([]);
  });

  it('is read past its end, with records of any length', () => {
    const texts: string[] = [];
    for (let i = 0; i < 90; i++) {
      texts.push(`${i} `.padEnd(2 + ((i * 7) % 90), 'x'));
      const found = shown(
        entriesOf(
          { length: 768 },
          texts.map((text) => ({ text })),
        ),
      );
      expect(found.length).toBeGreaterThan(0);
      expect(found).toEqual(texts.slice(-found.length));
      if (i > 20) expect(found.length).toBeLessThan(i);
    }
  });

  it('is found by its own key, and a note without either log is reported as such', () => {
    const error = failureOf(() => openLog(new BuiltKernel().open()));
    expect(error.kind).toBe('missingInfo');
    expect(error.message).toMatch(/SYMBOL\(prb\).*SYMBOL\(log_first_idx\)/);
  });
});

describe('a record buffer that lies', () => {
  const TWO: readonly Logged[] = [{ text: 'one' }, { text: 'two' }];

  it.each([
    ['a record without a length before the end', { next: 500 }, TWO, ['one', 'two', 'damaged']],
    [
      'a record shorter than its text',
      {},
      [{ text: 'one' }, { text: 'two', text_len: 900 }],
      ['one', 'damaged'],
    ],
    ['a record shorter than a header', {}, [{ text: 'one' }, { text: 'two', len: 8 }], ['one', 'damaged']],
    [
      'a record that passes the next index',
      {},
      [{ text: 'one' }, { text: 'two', len: 600 }],
      ['one', 'damaged'],
    ],
    ['indexes that never meet', { first: 0, next: 4 }, TWO, ['damaged']],
  ] as const)('shows what is before %s and ends there', (_, plan, logged, expected) => {
    expect(shown(entriesOf(plan, logged))).toEqual(expected);
  });

  it.each([
    ['of 2^31 bytes and more', { logBufLen: 0xffff_ffff }, /log_buf_len is 4294967295/],
    ['larger than memory', { logBufLen: 1 << 30 }, /log_buf_len is 1073741824, but the dump has \d+ bytes/],
    ['whose first index is outside', { first: 1024 }, /log_first_idx 1024 .* past 1024/],
    ['whose next index is outside', { next: 0xffff_ffff }, /log_next_idx 4294967295 is past 1024/],
  ] as const)('is rejected: a buffer %s', (_, plan, message) => {
    const error = failureOf(() => entriesOf(plan, TWO));
    expect(error.kind).toBe('corrupt');
    expect(error.message).toMatch(message);
  });
});

describe('a dump that lacks part of the record buffer', () => {
  const LONG = Array.from({ length: 100 }, (_, i) => ({ text: `record ${i} `.padEnd(84, '.') }));

  function without(page: number): LogEntry[] {
    const built = new BuiltBuffer({ length: 12288 }, LONG).kernel();
    const start = built.imageAt + PLACES.buffer + page * 4096;
    built.memory.plan({ described: built.described, notStored: [{ start, end: start + 4096 }] });
    return [...openLog(built.open()).entries()];
  }

  it('shows what is before the missing page; after it no record can be found', () => {
    const entries = without(1);
    const records = entries.filter(({ kind }) => kind === 'record');
    // A record has 104 bytes, so the 40th crosses the end of the page.
    expect(shown(records)).toEqual(LONG.slice(0, 39).map(({ text }) => text));
    const lost = entries.filter(({ kind }) => kind === 'lost');
    expect(entries.at(-1)).toBe(lost.at(-1));
    expect(lost).toMatchObject([{ cause: 'absent', sequence: null, count: null }]);
  });
});
