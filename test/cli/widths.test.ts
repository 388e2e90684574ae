import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { dumpOf } from '../support/fixture.ts';
import { programOnTerminal } from '../support/terminal.ts';

const DUMP = dumpOf('linux-6.12-numa');

/**
 * Commands whose text is laid out. The lines of `dmesg`, `symbols`, `vmcoreinfo` and of values of `struct` are
 * there to be copied.
 */
const TEXTS: readonly (readonly [string, ...string[]])[] = [
  ['info'],
  ['pages'],
  ['pages', '--check'],
  ['usage'],
  ['usage', '--check'],
  ['usage', '--by', 'slab'],
  ['usage', '--by', 'file'],
  ['usage', '--by', 'process'],
  ['usage', '--by', 'cgroup'],
  ['ps'],
  ['ps', '--tree'],
  ['layout'],
  ['segments'],
  ['page', '49152'],
  ['page', 'init_task'],
  ['translate', 'init_task', '0xffff891c8c000000'],
  ['struct', 'list_head'],
];

/**
 * Whether a line may be wider than the terminal: after its label it has one word, such as a path or a build id,
 * or it is a command to be copied.
 */
const mayBeWide = (line: string) => /^(.{14})?\S+$|^ +kdump-inspect /.test(line);

describe.each([40, 80, 100, 200])('on a terminal of %i columns', (columns) => {
  it.each(TEXTS.map((words) => [words.join(' '), words] as const))('no line of %s is wider', (_, words) => {
    const [command, ...rest] = words;
    const args = [command, DUMP, ...rest, '--no-color', '--quiet'];
    const { text, status } = programOnTerminal(args, { columns });
    expect(status).toBe(0);
    expect(text.trim()).not.toBe('');
    const wide = text.split(/\r?\n/).filter((line) => stringWidth(line) > columns);
    expect(wide.filter((line) => !mayBeWide(line))).toEqual([]);
  });
});

describe('in a pipe', () => {
  it.each(TEXTS.map((words) => [words.join(' '), words] as const))('no line of %s is wrapped', (_, words) => {
    const [command, ...rest] = words;
    const args = [command, DUMP, ...rest, '--quiet'];
    const piped = programOnTerminal(args, { columns: 40, after: '| cat' });
    const whole = programOnTerminal(args, { columns: 40, env: { COLUMNS: '5000' }, after: '| cat' });
    expect(piped.text.trim()).not.toBe('');
    // A bar has the room that is left, where there is any.
    const withoutBars = (text: string) => text.replace(/ #+ /g, ' ').replace(/ +/g, ' ');
    expect(withoutBars(piped.text)).toBe(withoutBars(whole.text));
  });
});
