import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dumpOf } from '../../support/fixture.ts';
import { run } from '../../support/run.ts';
import { programOnTerminal, type Setting } from '../../support/terminal.ts';

const DUMP = dumpOf('linux-6.12-numa');
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-columns-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** `layout` has paragraphs and tables that are wider than any terminal here. */
const onTerminal = (setting: Setting) => {
  const { text, status } = programOnTerminal(['layout', DUMP, '--no-color'], setting);
  expect(status).toBe(0);
  return text;
};
const inPipe = (env: Record<string, string> = {}) => run(['layout', DUMP], env).stdout;
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

/** The lines of a text without line breaks, blanks and the cells that stand beside a wrapped one. */
const words = (text: string) => text.split(/\s+/).sort().join(' ');

describe('the width of a text', () => {
  it.each([80, 100, 120])('is that of the terminal: %i', (columns) => {
    const text = onTerminal({ columns });
    expect(widest(text)).toBeLessThanOrEqual(columns);
    // One column less would not be enough.
    expect(widest(text)).toBeGreaterThan(columns - 10);
    expect(words(text)).toBe(words(inPipe()));
  });

  it('is 80 columns on a terminal that does not know its own', () => {
    expect(onTerminal({ columns: 0 })).toBe(onTerminal({ columns: 80 }));
  });

  it('is unlimited in a pipe and in a file', () => {
    const file = join(folder, 'layout');
    const { status } = programOnTerminal(['layout', DUMP, '-o', file], { columns: 80 });
    expect([status, readFileSync(file, 'utf8')]).toEqual([0, inPipe()]);
    expect(widest(inPipe())).toBeGreaterThan(130);
    expect(inPipe()).toBe(onTerminal({ columns: 500 }));
  });

  it('is what COLUMNS says, wherever the text goes', () => {
    const file = join(folder, 'columns');
    const expected = onTerminal({ columns: 100 });
    const env = { COLUMNS: '100' };
    expect(inPipe(env)).toBe(expected);
    expect(onTerminal({ columns: 80, env })).toBe(expected);
    expect(onTerminal({ columns: 200, env })).toBe(expected);
    run(['layout', DUMP, '-o', file], env);
    expect(readFileSync(file, 'utf8')).toBe(expected);
  });

  it.each(['', '0', 'abc', '1e9', '1000000000', '-5', '99.5', ' 90', '0x50'])(
    'is not what COLUMNS says if that is nonsense: %j',
    (COLUMNS) => {
      expect(inPipe({ COLUMNS })).toBe(inPipe());
      expect(onTerminal({ columns: 90, env: { COLUMNS } })).toBe(onTerminal({ columns: 90 }));
    },
  );

  it('does not matter for JSON', () => {
    const { stdout } = run(['layout', DUMP, '--json'], { COLUMNS: '40' });
    expect(stdout).toBe(run(['layout', DUMP, '--json']).stdout);
  });
});
