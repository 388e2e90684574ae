import type { LogRecord } from '../../kernel/log/log-record.ts';
import { callerText, escapedByte, type LogReport } from '../dmesg-report.ts';
import { lines, type RichText, TAB, type View } from '../view.ts';

export function dmesgView({ entries }: LogReport): View {
  return [lines(linesOf(entries))];
}

function* linesOf(entries: LogReport['entries']): Generator<RichText> {
  for (const entry of entries) if (entry.kind === 'record') yield* recordLines(entry);
}

const TAB_BYTE = 9;
const NEWLINE = 10;

/** How each byte is shown: printable ASCII as it is, all else as \xNN. Tabs and newlines do not come here. */
const SHOWN = Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : escapedByte(byte),
);

/**
 * Yields a record as `makedumpfile --dump-dmesg` writes it: time, caller, text, and further lines indented
 * below the first. There are two differences. No line has a vertical tab, form feed or carriage return, which
 * could overwrite what is before it. Bytes above 0x7f have two digits (makedumpfile writes \xffffffe2 for
 * \xe2).
 */
function* recordLines({ time, caller, text }: LogRecord): Generator<RichText> {
  const prefix = `[${seconds(time)}] ${caller ? `[${callerText(caller).padStart(8)}] ` : ''}`;
  const next = ' '.repeat(prefix.length);
  let line: RichText[] = [];
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

/** Seconds with six digits after the point, truncated as by the kernel. */
function seconds(time: bigint): string {
  const micro = (time % 1_000_000_000n) / 1000n;
  return `${String(time / 1_000_000_000n).padStart(5)}.${String(micro).padStart(6, '0')}`;
}
