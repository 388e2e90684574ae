import type { LogRecord } from '../../kernel/log/log-record.ts';
import { callerText, escapedByte, type LogReport } from '../dmesg-report.ts';
import { lines, type RichText, type Style, TAB, type View } from '../view.ts';
import { levelStyle, sourceEnd } from './log-style.ts';

export function dmesgView({ entries }: LogReport): View {
  return [lines(linesOf(entries))];
}

function* linesOf(entries: LogReport['entries']): Generator<RichText> {
  for (const entry of entries) if (entry.kind === 'record') yield* recordLines(entry);
}

const NEWLINE = '\n';
const PLAIN = /[\t\n -~]/;
const SEPARATOR = /[\t\n]/;

/** How each byte is shown: printable ASCII, tabs and newlines as they are, all else as \xNN. */
const SHOWN = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return PLAIN.test(character) ? character : escapedByte(byte);
});

/**
 * Yields a record as `makedumpfile --dump-dmesg` writes it: time, caller, text, and further lines indented
 * below the first. There are two differences. No line has a vertical tab, form feed or carriage return, which
 * could overwrite what is before it. Bytes above 0x7f have two digits (makedumpfile writes \xffffffe2 for
 * \xe2).
 */
function* recordLines({ time, caller, text: bytes, level }: LogRecord): Generator<RichText> {
  const stamp = `[${seconds(time)}] `;
  const from = caller ? `[${callerText(caller).padStart(8)}] ` : '';
  const text = shown(bytes);
  const source = text.slice(0, sourceEnd(text));
  const message = text.slice(source.length);
  let line: RichText[] = [{ text: stamp, style: 'logTime' }, from];
  for (const part of [...piecesOf(source, 'logSource'), ...piecesOf(message, levelStyle(level, message))]) {
    if (part !== NEWLINE) line.push(part);
    else {
      yield line;
      line = [' '.repeat(stamp.length + from.length)];
    }
  }
  yield line;
}

function shown(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += SHOWN[byte];
  return text;
}

/** A text in its style, with tabs and newlines apart. */
function piecesOf(text: string, style: Style | undefined): RichText[] {
  if (text === '') return [];
  // Few records have either, and to split a text takes longer than to render it.
  if (!SEPARATOR.test(text)) return [style ? { text, style } : text];
  return text.split(/([\t\n])/).map((piece, i) => {
    if (i % 2 === 1) return piece === NEWLINE ? NEWLINE : TAB;
    return style ? { text: piece, style } : piece;
  });
}

/** Seconds with six digits after the point, truncated as by the kernel. */
function seconds(time: bigint): string {
  const micro = (time % 1_000_000_000n) / 1000n;
  return `${String(time / 1_000_000_000n).padStart(5)}.${String(micro).padStart(6, '0')}`;
}
