import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { dumpOf } from '../support/fixture.ts';
import { programOnTerminal } from '../support/terminal.ts';

const DUMP = dumpOf('linux-6.12-numa');

/** Commands whose text is laid out. The lines of `dmesg`, `symbols` and `vmcoreinfo` are there to be copied. */
const TEXTS = ['info', 'pages', 'usage', 'ps', 'layout', 'segments'];

/** Whether a line has no word that must stay whole, such as a path or a build id. */
const isBreakable = (line: string) => line.split(' ').every((word) => word.length <= 14);

describe.each([40, 80, 100, 200])('on a terminal of %i columns', (columns) => {
  it.each(TEXTS)('no line of %s is wider', (command) => {
    const { text, status } = programOnTerminal([command, DUMP, '--no-color'], { columns });
    expect(status).toBe(0);
    expect(text.trim()).not.toBe('');
    const wide = text.split('\n').filter((line) => stringWidth(line) > columns);
    expect(wide.filter(isBreakable)).toEqual([]);
  });
});
