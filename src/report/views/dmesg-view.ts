import type { LogRecord } from '../../kernel/log/log-record.ts';
import { callerText, escapedByte, type LogReport } from '../dmesg-report.ts';
import { lines, TAB, type Text, type View } from '../view.ts';

export function dmesgView({ entries }: LogReport): View {
  return [lines(linesOf(entries))];
}

function* linesOf(entries: LogReport['entries']): Generator<Text> {
  for (const entry of entries) if (entry.kind === 'record') yield* recordLines(entry);
}

const TAB_BYTE = 9;
const NEWLINE = 10;

/** What each byte looks like: printable ASCII as it is, all else \\xNN; tabs and newlines are treated apart. */
const SHOWN = Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : escapedByte(byte),
);

/**
 * A record as `makedumpfile --dump-dmesg` writes it: time, caller, text, and further lines indented below the first. Unlike
 * makedumpfile's, no line has a vertical tab, form feed or carriage return, which could overwrite what stands before, and
 * bytes above 0x7f have two digits (there \\xffffffe2 for \\xe2).
 */
function* recordLines({ time, caller, text }: LogRecord): Generator<Text> {
  const prefix = `[${seconds(time)}] ${caller ? `[${callerText(caller).padStart(8)}] ` : ''}`;
  const next = ' '.repeat(prefix.length);
  let line: Text[] = [];
  let shown = prefix;
  for (const byte of text) {
    if (byte === NEWLINE) {
      yield [...line, shown];
      line = [];
      shown = next;
    } else if (byte === TAB_BYTE) {
      line.push(shown, TAB);
      shown = '';
    } else shown += SHOWN[byte];
  }
  yield [...line, shown];
}

/** Seconds with six digits after the point, cut and not rounded, as the kernel prints them. */
function seconds(time: bigint): string {
  const micro = (time % 1_000_000_000n) / 1000n;
  return `${String(time / 1_000_000_000n).padStart(5)}.${String(micro).padStart(6, '0')}`;
}
