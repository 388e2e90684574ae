import { afterEach, describe, expect, it } from 'vitest';
import type { CommonOptions } from '../../src/cli/options/common-options.ts';
import { isTerminal, standardOutput } from '../../src/cli/output/output.ts';
import { type FakeTerminal, fakeTerminal } from '../support/fake-terminal.ts';
import { replaceCalls } from '../support/system-calls.ts';

const { env } = process;
let terminal: FakeTerminal | undefined;
afterEach(() => {
  terminal?.release();
  terminal = undefined;
  process.env = env;
});

/** The output on a terminal, in this environment. */
function onTerminal(environment: Record<string, string>, options: CommonOptions = {}) {
  terminal = fakeTerminal('stdout', 132);
  process.env = environment;
  return standardOutput(options);
}

describe('stdout on a terminal', () => {
  it('has colour and the width of the terminal', () => {
    expect(onTerminal({ TERM: 'xterm' })).toMatchObject({ color: true, columns: 132, isTerminal: true });
  });

  // https://no-color.org: "when present and not an empty string (regardless of its value)".
  it.each([
    [{ NO_COLOR: '0' }, false],
    [{ NO_COLOR: '' }, true],
    [{ TERM: 'dumb' }, false],
  ])('has colour as the environment wants it: %o', (environment, color) => {
    expect(onTerminal(environment).color).toBe(color);
  });

  it('has colour or not as the options say, whatever the environment says', () => {
    expect(onTerminal({ NO_COLOR: '1' }, { color: 'always' }).color).toBe(true);
    terminal?.release();
    expect(onTerminal({}, { color: 'never' }).color).toBe(false);
  });

  it('is sent the result', () => {
    onTerminal({}).result('zwölf\n');
    expect(terminal?.text()).toBe('zwölf\n');
  });
});

describe('stdout on a terminal that was closed', () => {
  it('is not a terminal: Node.js cannot make a stream of it', () => {
    terminal = fakeTerminal('stdout');
    const stream = Object.getOwnPropertyDescriptor(process, 'stdout') as PropertyDescriptor;
    Object.defineProperty(process, 'stdout', {
      configurable: true,
      get() {
        throw new Error('TTY initialization failed: uv_tty_init returned EIO (i/o error)');
      },
    });
    try {
      expect(standardOutput({})).toMatchObject({ color: false, columns: undefined, isTerminal: false });
    } finally {
      Object.defineProperty(process, 'stdout', stream);
    }
  });
});

describe('stdout elsewhere', () => {
  const as = (mode: number, rdev: number) => {
    const restore = replaceCalls({ fstatSync: (() => ({ mode, rdev })) as never });
    const before = process.stdout.isTTY;
    process.stdout.isTTY = true;
    try {
      return [isTerminal('stdout'), standardOutput({}).color, standardOutput({ color: 'always' }).color];
    } finally {
      process.stdout.isTTY = before;
      restore();
    }
  };

  // S_IFMT of stat(2) and device numbers: a pipe, a file, /dev/null, and a terminal for comparison.
  it.each([
    ['a pipe', 0o010600, 0, false],
    ['a file', 0o100644, 0, false],
    ['/dev/null', 0o020666, (1 << 8) | 3, false],
    ['a terminal', 0o020620, 136 << 8, true],
  ])('is no terminal by the kind of its file: %s', (_, mode, rdev, is) => {
    expect(as(mode, rdev)).toEqual([is, is, true]);
  });
});

describe('a warning', () => {
  it('goes to stderr with the name of the program and without control characters, except with --quiet', () => {
    terminal = fakeTerminal('stderr');
    standardOutput({ color: 'never' }).warn('odd \x1b[2J');
    standardOutput({ quiet: true }).warn('unwanted');
    expect(terminal.text()).toBe('kdump-inspect: warning: odd \\x1b[2J\n');
  });
});
