import { describe, expect, it } from 'vitest';
import { latin1 } from '../../../src/bytes/words.ts';
import type { LogEntry, LogRecord, LostRecords } from '../../../src/kernel/log/log-record.ts';
import { openLog } from '../../../src/kernel/log/open-log.ts';
import { packed } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltRing, PLACES, type Print, type RingPlan, STATE } from '../../builders/log-ring.ts';

function ringOf(plan: RingPlan, ...prints: (Print | string)[]): BuiltRing {
  const ring = new BuiltRing(plan);
  for (const print of prints) ring.print(typeof print === 'string' ? { text: print } : print);
  return ring;
}

function entriesOf(ring: BuiltRing): LogEntry[] {
  return [...openLog(ring.kernel().open()).entries()];
}

function recordsOf(ring: BuiltRing): LogRecord[] {
  const entries = entriesOf(ring);
  expect(entries.filter(({ kind }) => kind === 'lost')).toEqual([]);
  return entries.filter((entry) => entry.kind === 'record');
}

const textsOf = (ring: BuiltRing): string[] => recordsOf(ring).map(({ text }) => latin1(text));

function lossesOf(ring: BuiltRing): LostRecords[] {
  return entriesOf(ring).filter((entry) => entry.kind === 'lost');
}

describe('the lockless ring buffer', () => {
  it('has each record with all that the kernel records', () => {
    const ring = ringOf({}, 'first', {
      text: 'disk on fire',
      ts_nsec: 12_345_678_901n,
      facility: 3,
      level: 2,
      flags: 8,
      caller_id: 0x8000_0003,
      subsystem: 'block',
      device: 'b8:0',
    });
    const [first, second] = recordsOf(ring);
    expect(first).toMatchObject({ sequence: 0n, level: 6, caller: { kind: 'thread', id: 1 }, device: null });
    expect(second).toMatchObject({
      sequence: 1n,
      time: 12_345_678_901n,
      facility: 3,
      level: 2,
      continuation: true,
      caller: { kind: 'cpu', id: 3 },
      device: { subsystem: 'block', device: 'b8:0' },
    });
    expect(latin1(second?.text ?? new Uint8Array())).toBe('disk on fire');
  });

  it('is empty before the first record', () => {
    expect(entriesOf(new BuiltRing())).toEqual([]);
  });

  it('reads a printk_info that has grown by the offsets in VMCOREINFO (7.0)', () => {
    const ring = ringOf({ infoSize: 112, devInfo: 44 }, { text: 'x', subsystem: 'pci', device: '+pci:0' });
    expect(recordsOf(ring)[0]?.device).toEqual({ subsystem: 'pci', device: '+pci:0' });
  });

  it('has a device whose name fills its field, without a NUL', () => {
    const ring = ringOf({}, { text: 'x', subsystem: 's'.repeat(16), device: 'd'.repeat(48) });
    expect(recordsOf(ring)[0]?.device).toEqual({ subsystem: 's'.repeat(16), device: 'd'.repeat(48) });
  });

  it('has no device if VMCOREINFO does not describe it', () => {
    const ring = ringOf(
      { keys: { 'OFFSET(printk_info.dev_info)': null } },
      { text: 'x', subsystem: 'pci', device: '+pci:0' },
    );
    expect(recordsOf(ring)[0]?.device).toBeNull();
  });

  it.each([
    ['OFFSET(printk_info.dev_info)', '14'],
    ['OFFSET(printk_info.dev_info)', '20'],
    ['OFFSET(dev_printk_info.subsystem)', '1'],
    ['LENGTH(printk_info_subsystem)', '17'],
    ['OFFSET(dev_printk_info.device)', '15'],
    ['LENGTH(printk_info_device)', '47'],
    ['SIZE(dev_printk_info)', '84'],
  ])('has no device, and says why, when %s is %s', (key, value) => {
    const ring = ringOf({ keys: { [key]: value } }, { text: 'x', subsystem: 'pci', device: '+pci:0' });
    const log = openLog(ring.kernel().open());
    expect([...log.entries()]).toMatchObject([{ kind: 'record', device: null }]);
    expect(log.doubts).toEqual([expect.stringMatching(/^the devices of the records are unknown/)]);
  });

  it('reports a device without a subsystem, as if dev_info were read 4 bytes too late', () => {
    const keys = { 'OFFSET(printk_info.dev_info)': '48' };
    const plan = { infoSize: 112, devInfo: 44, keys };
    const ring = ringOf(plan, { text: 'x', subsystem: 'pci', device: '+pci:0' }, 'y');
    const log = openLog(ring.kernel().open());
    expect([...log.entries()]).toMatchObject([{ device: null }, { device: null }]);
    expect(log.doubts).toEqual(['records with a device but no subsystem, or the reverse: 1']);
  });

  it('has no level if the fields around it leave no room for it', () => {
    const keys = { 'OFFSET(printk_info.caller_id)': '24' };
    const ring = ringOf({ keys }, 'x');
    expect(openLog(ring.kernel().open()).hasLevels).toBe(false);
    expect(recordsOf(ring)[0]).toMatchObject({ level: null, facility: null, continuation: null });
  });

  it.each([32, 62] as const)('numbers the records of a kernel with a first id of %i bits', (idBits) => {
    const ring = new BuiltRing({ idBits });
    for (let i = 0; i < 1000; i++) ring.print({ text: `${i}` });
    const numbers = recordsOf(ring).map(({ sequence }) => Number(sequence));
    expect(numbers).toEqual(Array.from({ length: 32 }, (_, i) => 968 + i));
  });

  it('follows prb, which leads away from the static ring after log_buf_len=', () => {
    const ring = ringOf({ keys: { 'SYMBOL(printk_rb_static)': 'ffffffff81009000' } }, 'in the ring of prb');
    expect(textsOf(ring)).toEqual(['in the ring of prb']);
  });

  it('uses the static ring of a kernel without prb', () => {
    expect(textsOf(ringOf({ prb: null }, 'static'))).toEqual(['static']);
  });
});

describe('text blocks', () => {
  it.each([false, true])('are found through many laps of the ring, exact fit allowed: %s', (exactFit) => {
    const ring = new BuiltRing({ countBits: 7, sizeBits: 9, exactFit });
    const printed: string[] = [];
    // Blocks of 16 to 72 bytes end exactly at 512, 8 bytes before it, and at any distance after it.
    for (let i = 0; i < 3000; i++) {
      const text = `${i} `.padEnd(1 + ((i * 7) % 61), 'abcdefgh');
      printed.push(text);
      ring.print({ text });
      if (i % 11 !== 10) continue;
      const texts = textsOf(ring);
      expect(texts.length).toBeGreaterThan(3);
      expect(texts).toEqual(printed.slice(-texts.length));
    }
  });

  it('that fit exactly before the end of the ring do not wrap (6.18)', () => {
    const ring = new BuiltRing({ countBits: 4, sizeBits: 8, exactFit: true });
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(56));
    for (const text of texts) ring.print({ text });
    expect(ring.block(ring.head).next % 256n).toBe(0n);
    expect(textsOf(ring)).toEqual(texts);
  });

  it('that would fit exactly wrap before 6.18', () => {
    const ring = new BuiltRing({ countBits: 4, sizeBits: 8, exactFit: false });
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(56));
    for (const text of texts) ring.print({ text });
    expect(ring.block(ring.head).next % 256n).toBe(64n);
    expect(textsOf(ring)).toEqual(texts.slice(1));
  });

  it('are found when logical positions wrap around at 2^64', () => {
    const ring = new BuiltRing({ countBits: 4, sizeBits: 8, firstLpos: -256n });
    for (let i = 0; i < 40; i++) ring.print({ text: `line ${i}` });
    expect(ring.block(ring.head).next).toBeLessThan(2n ** 20n);
    expect(textsOf(ring).at(-1)).toBe('line 39');
  });

  it('that are absent for an empty line (5.10) are an empty text', () => {
    expect(textsOf(ringOf({}, 'a', { dataLess: 3n }, 'b'))).toEqual(['a', '', 'b']);
  });

  it('with an empty text are an empty text (6.x)', () => {
    expect(textsOf(ringOf({}, 'a', '', 'b'))).toEqual(['a', '', 'b']);
  });

  it('that the kernel had no room for are reported, but not as a loss of the dump', () => {
    const losses = lossesOf(ringOf({}, 'a', { dataLess: 1n }, 'b'));
    expect(losses).toMatchObject([{ sequence: 1n, count: 1, cause: 'unwritten' }]);
    expect(losses[0]?.reason).toMatch(/no room/);
  });
});

describe('descriptors', () => {
  it('are read when they are finalized or committed, but not when they are reusable', () => {
    const ring = ringOf({}, { text: 'old', state: STATE.reusable }, 'x', {
      text: 'y',
      state: STATE.committed,
    });
    expect(textsOf(ring)).toEqual(['x', 'y']);
  });

  it('that are reserved are reported: their writer had not finished', () => {
    const ring = ringOf({}, 'x', { text: 'half', state: STATE.reserved }, 'y');
    expect(lossesOf(ring)).toMatchObject([{ sequence: 1n, count: 1, cause: 'unwritten' }]);
  });

  it('that the head has reached but no writer has taken yet are reported likewise', () => {
    const ring = ringOf({}, 'x');
    ring.head += 1n;
    expect(lossesOf(ring)).toMatchObject([{ sequence: 1n, cause: 'unwritten' }]);
    const lap = new BuiltRing({ countBits: 2 });
    for (const text of ['a', 'b', 'c', 'd', 'e']) lap.print({ text });
    lap.tail += 1n;
    lap.head += 1n;
    expect(lossesOf(lap)).toMatchObject([{ sequence: 5n, cause: 'unwritten' }]);
  });

  it('that are empty far from the head are damage: no writer is that late', () => {
    const ring = new BuiltRing({ countBits: 10, sizeBits: 15 });
    for (let i = 0; i < 1000; i++) ring.print({ text: 'x' });
    for (const back of [300n, 3n]) ring.setDesc(0n, 0n, 0n, 0n, Number((ring.head - back) % 1024n));
    expect(lossesOf(ring)).toMatchObject([
      { sequence: 699n, cause: 'damaged' },
      { sequence: 996n, cause: 'unwritten' },
    ]);
  });

  it('of another id are damage', () => {
    const ring = ringOf({}, 'x', 'y', 'z');
    const id = ring.head - 1n;
    ring.setDesc(id + 77n, STATE.finalized, 8n, 16n, Number(id % BigInt(ring.count)));
    expect(lossesOf(ring)).toMatchObject([{ sequence: 1n, count: 1, cause: 'damaged' }]);
  });
});

describe('a contradiction is damage, reported in its place, and does not end the log', () => {
  it.each([
    ['a text_len beyond its block', { text_len: 65535 }, /text_len is 65535, but its block has 8/],
    [
      'a text_len far below its block',
      { text: 'x'.repeat(64), text_len: 24 },
      /text_len is 24, but its block has 64/,
    ],
    ['a printk_info of another record', { seq: 99n }, /belongs to record 99/],
  ])('%s', (_, lie, reason) => {
    const ring = ringOf({}, 'before', { text: 'short', ...lie }, 'after');
    const entries = entriesOf(ring);
    expect(entries.map(({ kind }) => kind)).toEqual(['record', 'lost', 'record']);
    expect(entries[1]).toMatchObject({ sequence: 1n, count: 1, cause: 'damaged' });
    expect((entries[1] as LostRecords).reason).toMatch(reason);
  });

  it.each([
    ['two laps apart', 0n, 2048n + 16n],
    ['backwards', 512n, 256n],
    ['not aligned', 12n, 36n],
    ['only one of them data-less', 1n, 16n],
    ['data-less in two different ways', 1n, 3n],
    ['data-less in an unknown way', 5n, 5n],
    ['too close for an id', 16n, 16n],
  ])('positions of a text: %s', (_, begin, next) => {
    const ring = ringOf({}, 'before', 'text', 'after');
    ring.setDesc(ring.head - 1n, STATE.finalized, begin, next);
    expect(lossesOf(ring)).toMatchObject([{ sequence: 1n, cause: 'damaged' }]);
  });

  it('a head that excludes the newest records', () => {
    const ring = ringOf({}, 'one', 'two', 'three');
    ring.head -= 2n;
    expect(lossesOf(ring)).toMatchObject([
      { sequence: 1n, count: 2, cause: 'damaged', reason: expect.stringContaining('head_id') },
    ]);
  });

  it('a tail that excludes the oldest records', () => {
    const ring = ringOf({}, 'one', 'two', 'three');
    ring.tail += 2n;
    expect(lossesOf(ring)).toMatchObject([
      { sequence: 0n, count: 1, cause: 'damaged', reason: expect.stringContaining('tail_id') },
    ]);
  });

  it('a text block of another id', () => {
    const ring = ringOf({}, 'before', 'text', 'after');
    const { begin } = ring.block(ring.head - 1n);
    ring.writeData(Number(begin % 1024n), packed(8, [[0, 8, 4711n]]));
    const [lost] = lossesOf(ring);
    expect(lost).toMatchObject({ sequence: 1n, cause: 'damaged' });
    expect(lost?.reason).toMatch(/id 4711/);
  });
});

describe('a dump that lacks part of the ring', () => {
  /** 256 descriptors on two pages, their infos on six, and a page of text per 64 records. */
  function large(): BuiltRing {
    const ring = new BuiltRing({ countBits: 8, sizeBits: 14 });
    for (let i = 0; i < 256; i++) ring.print({ text: `record ${i} `.padEnd(48, '.') });
    return ring;
  }

  function without(ring: BuiltRing, offset: number): LogEntry[] {
    const built = ring.kernel();
    const page = { start: built.imageAt + offset, end: built.imageAt + offset + 4096 };
    built.memory.plan({ described: built.described, notStored: [page] });
    return [...openLog(built.open()).entries()];
  }

  it.each([
    // 4096 / 24: one descriptor crosses the end of the page.
    ['descriptors', PLACES.descs, { sequence: 0n, count: 171 }],
    ['infos', PLACES.infos + 4096, { sequence: 46n, count: 48 }],
    // 73 blocks of 56 bytes, and the id of one more.
    ['text', PLACES.data, { sequence: 0n, count: 74 }],
  ] as const)('has the other records if a page of %s is not stored', (_, offset, expected) => {
    const entries = without(large(), offset);
    const lost = entries.filter(({ kind }) => kind === 'lost');
    expect(lost).toMatchObject([{ ...expected, cause: 'absent' }]);
    expect((lost[0] as LostRecords).reason).toMatch(/is not stored in the dump/);
    const records = entries.filter((entry) => entry.kind === 'record');
    expect(records).toHaveLength(256 - expected.count);
    for (const { sequence, text } of records) expect(latin1(text)).toContain(`record ${sequence} `);
  });

  it('has no log if the ring itself is not stored', () => {
    const error = failureOf(() => without(large(), PLACES.prb));
    expect(error.kind).toBe('notStored');
    expect(error.message).toMatch(/^the kernel's log buffer: virtual address 0xffffffff81008000/);
  });
});

describe('a ring that lies', () => {
  const lying = (header: Parameters<typeof packed>[1]) => {
    const built = ringOf({}, 'x').kernel();
    for (const [at, bytes, value] of header)
      built.memory.write(built.imageAt + PLACES.ring + at, packed(bytes, [[0, bytes, value]]));
    return failureOf(() => openLog(built.open()));
  };

  it.each([
    ['count_bits of 63', [[0, 4, 63]], /count_bits is 63, but no kernel has more than 26/],
    ['count_bits of 2^32 - 1', [[0, 4, 0xffff_ffff]], /count_bits is 4294967295/],
    ['size_bits of 40', [[48, 4, 40]], /size_bits is 40, but no kernel has more than 31/],
    ['descriptors for more memory than there is', [[0, 4, 24]], /count_bits is 24, which takes \d+ bytes/],
    ['a text ring larger than memory', [[48, 4, 31]], /size_bits is 31, which takes 2147483648 bytes/],
    ['more ids than descriptors', [[24, 8, 2n ** 61n]], /further apart than its 32 descriptors/],
  ] as const)('is rejected: %s', (_, header, message) => {
    const error = lying(header);
    expect(error.kind).toBe('corrupt');
    expect(error.message).toMatch(message);
  });

  it.each([
    ['a structure of 2^40 bytes', { 'SIZE(printk_info)': '1099511627776' }, 'SIZE(printk_info)'],
    ['a negative size', { 'SIZE(prb_desc)': '-24' }, 'SIZE(prb_desc)'],
    ['a field past its structure', { 'OFFSET(printk_info.seq)': '84' }, 'OFFSET(printk_info.seq)'],
    ['a negative offset', { 'OFFSET(prb_desc.state_var)': '-8' }, 'OFFSET(prb_desc.state_var)'],
    ['a name longer than its record', { 'LENGTH(printk_info_device)': '4096' }, 'LENGTH(printk_info_device)'],
    ['nested offsets that leave their structure', { 'OFFSET(prb_desc_ring.tail_id)': '84' }, ''],
  ])('is rejected: %s', (_, keys, key) => {
    const error = failureOf(() => openLog(ringOf({ keys }, 'x').kernel().open()));
    expect(error.kind).toBe('corrupt');
    expect(error.facts.key).toContain(key);
  });

  it('is rejected if its pointer leads nowhere', () => {
    const error = failureOf(() => openLog(ringOf({ prb: 0xdead_beef_0000n }, 'x').kernel().open()));
    expect(error.kind).toBe('notMapped');
  });

  it('is rejected if a key is missing, and the error names the key', () => {
    const keys = { 'OFFSET(prb_data_blk_lpos.next)': null };
    const error = failureOf(() => openLog(ringOf({ keys }, 'x').kernel().open()));
    expect(error.facts.key).toBe('OFFSET(prb_data_blk_lpos.next)');
    expect(error.kind).toBe('missingInfo');
  });

  it('reports all its records as lost together if its descriptors are not mapped', () => {
    const built = ringOf({ countBits: 8 }, ...Array.from({ length: 256 }, (_, i) => `${i}`)).kernel();
    built.memory.write(built.imageAt + PLACES.ring + 8, packed(8, [[0, 8, 0x7fff_0000_0000n]]));
    const entries = [...openLog(built.open()).entries()];
    expect(entries).toMatchObject([{ kind: 'lost', sequence: 0n, count: 256, cause: 'damaged' }]);
  });
});

describe('a log that moves while it is read', () => {
  it('has only finalized records, and does not report unfinished ones', () => {
    const ring = ringOf(
      { live: true },
      'done',
      { text: 'half', state: STATE.reserved },
      { text: 'may go on', state: STATE.committed },
    );
    expect(textsOf(ring)).toEqual(['done']);
  });

  it('leaves out a record that was overwritten between two reads of its descriptor', () => {
    const ring = ringOf({ live: true }, 'a', 'b', 'c');
    const built = ring.kernel();
    const kernel = built.open();
    const log = openLog(kernel);
    const { read } = built.memory;
    const at = built.imageAt + PLACES.data;
    built.memory.read = (address, into) => {
      // When the text is read, a writer has just taken the descriptor of b for another record.
      if (address === at) {
        built.memory.writeU64(
          built.imageAt + PLACES.descs + 24,
          (STATE.finalized << 62n) | (ring.head + 31n),
        );
      }
      return read.call(built.memory, address, into);
    };
    const texts = [...log.entries()].map((entry) => entry.kind === 'record' && latin1(entry.text));
    expect(texts).toEqual(['a', 'c']);
  });

  it('is read from its newest records back if the head is too far from the tail', () => {
    const ring = new BuiltRing({ live: true });
    for (let i = 0; i < 100; i++) ring.print({ text: `${i}` });
    ring.tail -= 50n;
    expect(textsOf(ring).at(-1)).toBe('99');
    expect(textsOf(ring)).toHaveLength(32);
  });
});

describe('what dmesg --clear hid', () => {
  const counters = (sequence: number, ...val: [bigint, bigint]) =>
    packed(24, [
      [0, 4, sequence],
      [8, 8, val[0]],
      [16, 8, val[1]],
    ]);
  const clearedOf = (plan: RingPlan) => recordsOf(ringOf(plan, 'a', 'b', 'c')).map(({ cleared }) => cleared);

  it.each([
    [4, [true, false, false]],
    [5, [true, true, false]],
  ])('is given by the copy that the latch selects: sequence %i', (sequence, expected) => {
    expect(clearedOf({ latched: true, clearSeq: counters(sequence, 1n, 2n) })).toEqual(expected);
  });

  it('is given by the number itself before 5.13', () => {
    expect(clearedOf({ clearSeq: packed(8, [[0, 8, 2n]]) })).toEqual([true, true, false]);
  });

  it('is unknown without the symbol', () => {
    expect(clearedOf({})).toEqual([null, null, null]);
  });
});
