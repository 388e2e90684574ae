import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { dmesgView } from '../../../src/report/views/dmesg-view.ts';
import { logRecord } from '../../builders/log-record.ts';
import { dumpOf } from '../../support/fixture.ts';
import { runMain } from '../../support/run-main.ts';
import { textOf } from '../../support/text-of.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-dmesg-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Row {
  readonly level: number;
  readonly text: string;
}

/** A character and the attributes of the terminal (ECMA-48 SGR) that it has. */
type Cell = readonly [character: string, attributes: string];

/** What switches off each attribute. */
const OFF: Readonly<Record<number, readonly number[]>> = { 22: [1, 2], 27: [7], 39: [31, 32, 33] };

const ESCAPE = '\x1b';
const SEQUENCE_OR_CHARACTER = new RegExp(`${ESCAPE}\\[(\\d*)m|.`, 'gs');
/** The caller, which dmesg before util-linux 2.40 takes for text. */
const CALLER = /(?<=\] \S*)\[ *[TC]\d+\] /g;

/** What a terminal shows, apart from blanks, whose colour nobody sees (unless it is inverse). */
function cellsOf(text: string): Cell[] {
  const on = new Set<number>();
  return Array.from(text.matchAll(SEQUENCE_OR_CHARACTER)).flatMap(([one, code]): Cell[] => {
    if (code === undefined) return /\s/.test(one) ? [] : [[one, [...on].sort().join()]];
    if (Number(code) === 0) on.clear();
    else if (OFF[Number(code)]) for (const off of OFF[Number(code)] ?? []) on.delete(off);
    else on.add(Number(code));
    return [];
  });
}

/** The same records as util-linux shows them. */
function realDmesg(rows: readonly Row[]): string {
  return dmesgOf(rows.map(({ level, text }, i) => `<${level}>[${stamp(i)}] ${text}\n`));
}

/** @param lines in the format of syslog(2) */
function dmesgOf(lines: readonly string[]): string {
  const path = join(folder, 'log');
  writeFileSync(path, lines.join(''));
  return execFileSync('dmesg', ['--color=always', '--file', path], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: folder, XDG_CONFIG_HOME: folder },
  });
}

const stamp = (i: number) => `${String(i).padStart(5)}.000001`;

async function ours(rows: readonly Row[]): Promise<string> {
  const entries = rows.map(({ level, text }, i) =>
    logRecord({ level, text, caller: null, time: BigInt(i) * 1_000_000_000n + 1000n }),
  );
  return textOf(
    dmesgView({
      ...{ schema: 'kdump-inspect/dmesg/1', entries, records: rows.length, warnings: [], complete: true },
    }),
    { color: true },
  );
}

/** All levels except 0, which util-linux leaves without colour. */
const LEVELS = [1, 2, 3, 4, 5, 6, 7];
const TEXTS = [
  'no subsystem',
  'usb 1-1: New USB device',
  'pci 0000:00:1f.2: BAR 0: assigned',
  'bash[123]: segfault at 0 ip 00 sp 00 error 4',
  'segfault at 10',
  'ends in: ',
  'ends in colon:',
  'a:b:c',
  'x: y',
  'x:\ttab',
  'two lines: first\nsecond: third',
];

describe('the colours of the log', () => {
  it('are those of dmesg --color for every level', async () => {
    const rows = LEVELS.flatMap((level) => TEXTS.map((text) => ({ level, text })));
    const shown = cellsOf(await ours(rows));
    expect(new Set(shown.map(([, attributes]) => attributes))).toEqual(
      new Set(['', '1', '31', '32', '33', '1,31', '2,31', '31,7']),
    );
    expect(shown).toEqual(cellsOf(realDmesg(rows)));
  });

  it('are those of dmesg --color for any text', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab: \t[]0'), minLength: 1, maxLength: 30 });
    const row = fc.record({ level: fc.constantFrom(...LEVELS), text: text.map((one) => `.${one}`) });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
        expect(cellsOf(await ours(rows))).toEqual(cellsOf(realDmesg(rows)));
      }),
      { numRuns: 30 },
    );
  });

  it('are those of dmesg --color for a whole log', async () => {
    const dump = dumpOf('linux-6.12-numa');
    const names = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
    const args = ['dmesg', dump, '--level', names.slice(1).join()];
    const { stdout: json } = await runMain([...args, '--json']);
    const records = json
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string; text: string; time: number });
    const lines = records.map(({ level, text, time }) => {
      const seconds = `${String(Math.floor(time / 1e9)).padStart(5)}.${String(Math.floor((time % 1e9) / 1000)).padStart(6, '0')}`;
      return `<${names.indexOf(level)}>[${seconds}] ${text}\n`;
    });
    const { stdout } = await runMain([...args, '--color']);
    expect(records.length).toBeGreaterThan(100);
    expect(new Set(records.map(({ level }) => level)).size).toBeGreaterThan(3);
    expect(stdout).toMatch(CALLER);
    expect(cellsOf(stdout.replace(CALLER, ''))).toEqual(cellsOf(dmesgOf(lines)));
  });

  it('mark emerg as alert, which dmesg --color does not', async () => {
    const shown = await ours([{ level: 0, text: 'Oops' }]);
    expect(shown).toContain('\x1b[7m\x1b[31mOops\x1b[39m\x1b[27m');
  });
});
