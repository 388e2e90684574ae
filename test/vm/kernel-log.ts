import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { LogRow } from '../../src/report/dmesg-report.ts';
import { run } from '../support/run.ts';
import { violations } from '../support/schema.ts';
import type { Answers } from './answers.ts';
import type { Kernel } from './kernels.ts';
import type { CrashedGuest } from './machine.ts';
import { makedumpfileOf } from './makedumpfile.ts';
import { toolCommand } from './programs.ts';

/** Compares the log of the running kernel with its own /dev/kmsg, read before and after. */
export function testLiveLog(answers: () => Answers): void {
  it('has the records of /dev/kmsg: number, time, level, facility, device and every byte of the text', () => {
    const recordsOf = (name: 'kmsg' | 'kmsgAfter') => parseKmsg(answers().bytes(name).toString('latin1'));
    const [before, after] = [recordsOf('kmsg'), recordsOf('kmsgAfter')];
    const ours = new Map(rowsOf(answers().text('dmesg')).map((row) => [String(row.sequence), asKmsg(row)]));
    expect(before.size).toBeGreaterThan(200);
    expect(new Map([...ours].filter(([sequence]) => before.has(sequence)))).toEqual(before);
    // Records that were logged meanwhile may be there, or not yet.
    expect(new Map([...after].filter(([sequence]) => ours.has(sequence)))).toEqual(ours);
  });

  it('has what the guest printed: an empty line, two lines, control characters', () => {
    const rows = rowsOf(answers().text('dmesg'));
    const from = rows.findIndex(({ text }) => text === 'from user space');
    expect(rows.slice(from, from + 5).map(({ level, facility, text }) => [level, facility, text])).toEqual([
      ['err', 'user', 'from user space'],
      ['warn', 'user', ''],
      ['warn', 'user', 'two\nlines'],
      ['crit', 'user', '\x1b[31mred\x1b[0m \t tab'],
      ['warn', 'user', 'bytes \\xe2\\x82\\xac of UTF-8, \\xe4 of none'],
    ]);
  });
}

/** Compares the log in the saved memory with makedumpfile's. */
export function testCrashedLog(kernel: Kernel, guest: () => CrashedGuest): void {
  it('has the log that makedumpfile writes, line by line', () => {
    const { vmcore } = guest();
    const file = `${vmcore}.dmesg`;
    const [program, ...options] = toolCommand(makedumpfileOf(kernel));
    execFileSync(program, [...options, '-f', '--dump-dmesg', vmcore, file], { stdio: 'pipe' });
    // makedumpfile drops the empty lines of 5.10, which have no text block, and writes bytes above 0x7f with
    // their sign.
    const theirs = readFileSync(file, 'utf8').replaceAll(/\\xffffff(?=[89a-f][0-9a-f])/g, '\\x');
    const ours = run(['dmesg', vmcore]);
    expect(ours.stderr).toBe('');
    expect(ours.status).toBe(0);
    expect(withoutEmpty(ours.stdout)).toEqual(withoutEmpty(theirs));
  });

  it('ends with the lines of the panic', () => {
    const { vmcore } = guest();
    const all = run(['dmesg', vmcore]).stdout;
    const panic = run(['dmesg', vmcore, '--panic']).stdout;
    expect(panic.split('\n')[0]).toMatch(/sysrq: Trigger a crash$/);
    // The real-time patch of 5.10 prints the reason in a record of its own.
    expect(panic).toMatch(/Kernel panic - not syncing:(\n\[.*\])? sysrq triggered crash\n/);
    expect(all.endsWith(panic)).toBe(true);
  });
}

const withoutEmpty = (text: string): string[] =>
  text.split('\n').filter((line) => !/^\[ *[\d.]+\] \[ *[TC]\d+\] $/.test(line));

function rowsOf(text: string): LogRow[] {
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogRow);
  expect(violations('dmesg', rows[0])).toEqual([]);
  return rows;
}

/** Records of /dev/kmsg by number: "PRIORITY,NUMBER,MICROSECONDS,FLAGS[,...];TEXT", then " KEY=VALUE". */
function parseKmsg(text: string): Map<string, string> {
  const records = text.trimEnd().split(/\n(?! )/);
  return new Map(
    records.map((record) => {
      const [, facts = '', , rest = ''] = /^([^;]*?)(,caller=[^;]*)?(;.*)$/s.exec(record) ?? [];
      return [facts.split(',')[1] ?? '', `${facts}${rest}`];
    }),
  );
}

const levels = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
const facilities = ['kern', 'user', 'mail', 'daemon'];

/** A row as /dev/kmsg writes it (msg_print_ext_body of kernel/printk/printk.c). */
function asKmsg({ sequence, time, level, facility, continuation, device, text }: LogRow): string {
  const priority = facilities.indexOf(facility ?? '') * 8 + levels.indexOf(level ?? '');
  const facts = [priority, sequence, BigInt(time ?? 0) / 1000n, continuation ? 'c' : '-'];
  const names = device ? `\n SUBSYSTEM=${device.subsystem}\n DEVICE=${device.device}` : '';
  return `${facts.join(',')};${escaped(text ?? '')}${names}`;
}

/** Writes control characters, backslashes and bytes above 0x7f as \xNN; non-UTF-8 bytes already are. */
function escaped(text: string): string {
  return text.replaceAll(/\\(?!x[89a-f][0-9a-f])|[^\x20-\x7e\\]/g, (character) =>
    [...Buffer.from(character, 'utf8')].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}
