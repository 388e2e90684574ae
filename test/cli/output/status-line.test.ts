import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearLine, drawLine } from '../../../src/cli/output/status-line.ts';
import { type FakeTerminal, fakeTerminal } from '../../support/fake-terminal.ts';
import { PROGRAM } from '../../support/run.ts';
import { onTerminal, type Setting } from '../../support/terminal.ts';

const bar = (length: number) => '#'.repeat(length);
const WIDTHS = [1, 2, 3, 5, 8, 10, 20, 25, 30, 40, 80, 100, 200];

describe('the line of a bar', () => {
  let terminal: FakeTerminal | undefined;
  const { env } = process;
  beforeEach(() => {
    process.env = {};
  });
  afterEach(() => {
    clearLine();
    terminal?.release();
    process.env = env;
  });

  function drawn(columns: number): string {
    terminal = fakeTerminal('stderr', columns);
    drawLine('reading memory', bar, '50 %, 12 s left');
    const line = terminal.text();
    clearLine();
    terminal.release();
    expect(line.startsWith('\r') && line.endsWith('\x1b[K')).toBe(true);
    return line.slice(1, -3);
  }

  it.each(WIDTHS)('leaves the last of %i columns free', (columns) => {
    expect(drawn(columns).length).toBeLessThan(Math.max(columns, 2));
  });

  it('has a shorter bar, then none, then no name, as the terminal is narrower', () => {
    expect(drawn(80)).toBe(`reading memory [${bar(30)}] 50 %, 12 s left `);
    expect(drawn(63)).toBe(`reading memory [${bar(28)}] 50 %, 12 s left `);
    expect(drawn(43)).toBe(`reading memory [${bar(8)}] 50 %, 12 s left `);
    expect(drawn(42)).toBe('reading memory 50 %, 12 s left ');
    expect(drawn(32)).toBe('reading memory 50 %, 12 s left ');
    expect(drawn(31)).toBe('50 %, 12 s left ');
    expect(drawn(10)).toBe('50 %, 12 ');
  });

  it('is not longer than the terminal even if COLUMNS says so, but may be shorter', () => {
    process.env = { COLUMNS: '200' };
    expect(drawn(43)).toBe(`reading memory [${bar(8)}] 50 %, 12 s left `);
    process.env = { COLUMNS: '43' };
    expect(drawn(200)).toBe(`reading memory [${bar(8)}] 50 %, 12 s left `);
    process.env = { COLUMNS: '0' };
    expect(drawn(200)).toBe(`reading memory [${bar(30)}] 50 %, 12 s left `);
  });
});

describe('a bar on a real terminal', () => {
  const source = (name: string) =>
    JSON.stringify(PROGRAM.replace('dist/kdump-inspect.js', `src/cli/${name}.ts`));

  /** The lines that two bars draw in a while, during which the program never returns to its event loop. */
  function linesOf(setting: Setting): string[] {
    const program = `
      import { progressBar } from ${source('session/progress')};
      import { activityBar } from ${source('session/activity')};
      const progress = progressBar("reading the struct pages", {});
      const activity = activityBar("reading memory", {});
      const start = performance.now();
      while (performance.now() - start < 1800) progress.update(1, 2);
      progress.end();
      while (performance.now() - start < 4000) activity.update();
      activity.end();
    `;
    const command = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', program];
    const { text, status } = onTerminal(command, setting);
    expect(status).toBe(0);
    return text
      .split('\x1b[K')
      .map((line) => line.replace('\r', ''))
      .filter((line) => line !== '');
  }

  it.each([20, 40, 80, 200])('of %i columns stays on one row', (columns) => {
    const lines = linesOf({ columns });
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.some((line) => line.includes('50 %'))).toBe(true);
    expect(lines.some((line) => line.includes('1 s '))).toBe(true);
    for (const line of lines) expect(line.length).toBeLessThan(columns);
    expect(lines.some((line) => line.includes('['))).toBe(columns > 20);
  });

  it('follows the size of the terminal', () => {
    const beside =
      'until grep -q "struct pages [[]####" "$RECORD"; do sleep 0.01; done; stty cols 40 <"$TERMINAL"';
    const widths = linesOf({ columns: 100, beside }).map((line) => line.length);
    expect(Math.max(...widths)).toBeGreaterThan(60);
    expect(Math.max(...widths.slice(-4))).toBeLessThan(40);
  });
});
