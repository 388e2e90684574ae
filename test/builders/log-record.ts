import type { LogRecord } from '../../src/kernel/log/log-record.ts';
import { ascii } from './encode.ts';

interface RecordRecipe extends Partial<Omit<LogRecord, 'text' | 'kind'>> {
  readonly text?: string | Uint8Array;
}

/** A record as read from a log, with defaults for what a test does not set. */
export function logRecord({ text = '', ...facts }: RecordRecipe = {}): LogRecord {
  return {
    kind: 'record',
    position: 0n,
    sequence: 0n,
    time: 0n,
    level: 6,
    facility: 0,
    continuation: false,
    caller: { kind: 'thread', id: 1 },
    device: null,
    cleared: null,
    ...facts,
    text: typeof text === 'string' ? ascii(text) : text,
  };
}

/** Makes records from lines "SECONDS CONTEXT TEXT", such as "1.5 T1 Call Trace:"; positions are indexes. */
export function logOf(lines: readonly string[]): LogRecord[] {
  return lines.map((line, i) => {
    const [, seconds = '', kind, id, text = ''] = /^(\S+) ([TC])(\d+) (.*)$/s.exec(line) ?? [];
    const caller = { kind: kind === 'C' ? 'cpu' : 'thread', id: Number(id) } as const;
    const time = BigInt(Math.round(Number(seconds) * 1e9));
    return logRecord({ position: BigInt(i), sequence: BigInt(i), time, caller, text });
  });
}
