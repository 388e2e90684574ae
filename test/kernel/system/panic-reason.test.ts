import { describe, expect, test } from 'vitest';
import type { LogEntry, LossCause } from '../../../src/kernel/log/log-record.ts';
import { panicReasonIn } from '../../../src/kernel/system/panic-reason.ts';
import { failureOf } from '../../builders/failure.ts';
import { logOf } from '../../builders/log-record.ts';

const LINES = [
  'usb 1-1: new device',
  'BUG: kernel NULL pointer dereference, address: 0000000000000000',
  'Oops: Oops: 0002 [#1] SMP NOPTI',
  'RIP: 0010:sysrq_handle_crash+0x16/0x20',
  'Kernel panic - not syncing: Fatal exception',
];
const [PANIC, BUG] = [LINES[4], LINES[1]];
const RECORDS = logOf(LINES.map((line) => `1.0 T1 ${line}`));

/** The log without some records, in every pass or only from pass `onlyFrom` on. */
function logWithout(lost: readonly number[], { cause = 'damaged' as LossCause, onlyFrom = 0 } = {}) {
  let passes = 0;
  function* entries(): Generator<LogEntry> {
    const isLost = passes++ >= onlyFrom;
    for (const [i, record] of RECORDS.entries()) {
      const { position, sequence } = record;
      if (!isLost || !lost.includes(i)) yield record;
      else yield { kind: 'lost', position, sequence, count: 1, cause, reason: `record ${i} is damaged` };
    }
  }
  return { entries, most: LINES.length };
}

describe('the reason of a panic', () => {
  test('is its line, and the oops that led to it', () => {
    expect(panicReasonIn(logWithout([]))).toEqual({ text: PANIC, cause: BUG, causeLost: null });
  });

  test('may have a cause in records that are lost', () => {
    const causeLost = 'record 1 is damaged';
    expect(panicReasonIn(logWithout([1, 2, 3]))).toEqual({ text: PANIC, cause: null, causeLost });
  });

  test('has its cause if other lines are lost', () => {
    expect(panicReasonIn(logWithout([0, 3]))).toEqual({ text: PANIC, cause: BUG, causeLost: null });
  });

  test('is not lost with records that were never finished', () => {
    const reason = panicReasonIn(logWithout([1, 2, 3], { cause: 'unwritten' }));
    expect(reason).toEqual({ text: PANIC, cause: null, causeLost: null });
  });

  test('is unknown if its line is lost, in the first pass or the second', () => {
    expect(failureOf(() => panicReasonIn(logWithout([4]))).message).toContain('record 4 is damaged');
    const late = logWithout([0, 1, 2, 3, 4], { onlyFrom: 1 });
    expect(failureOf(() => panicReasonIn(late)).message).toContain('record 0 is damaged');
  });

  test('may be a record of its own after the line, among those of others (PREEMPT_RT)', () => {
    const lines = [
      '1.0 T1 Kernel panic - not syncing:',
      '1.0 C1 usb 1-1: gone',
      '1.0 T1 sysrq triggered crash',
    ];
    const records = logOf([...lines, '1.1 T1 CPU: 0 PID: 1 Comm: init']);
    const entries = function* () {
      yield* records;
    };
    const reason = panicReasonIn({ entries, most: records.length });
    expect(reason?.text).toBe('Kernel panic - not syncing: sysrq triggered crash');
  });
});
