import { describe, expect, it } from 'vitest';
import { onTerminal, type Setting } from './terminal.ts';

/** A program of Node.js on a terminal. */
const node = (program: string, setting?: Setting) => onTerminal([process.execPath, '-e', program], setting);

describe('a command on a terminal', () => {
  it.each([40, 80, 100, 200])('sees %i columns on stdout and stderr', (columns) => {
    const program = 'console.log([process.stdout.columns, process.stderr.columns].join())';
    expect(node(program, { columns })).toEqual({ text: `${columns},${columns}\n`, status: 0 });
  });

  it('has only the environment that it is given', () => {
    const { text } = node('console.log(JSON.stringify(process.env))', {
      env: { COLUMNS: '7', TERM: 'dumb' },
    });
    expect(JSON.parse(text)).toEqual({ PATH: process.env.PATH, TERM: 'dumb', COLUMNS: '7' });
  });

  it('sends all that it writes before it ends, unchanged', () => {
    const { text } = node("process.stdout.write('a\\tb\\r\\n'.repeat(50_000) + 'end')");
    expect(text === `${'a\tb\r\n'.repeat(50_000)}end`).toBe(true);
  });

  it('ends with its status, or the signal that ended it', () => {
    expect(node('console.error("no"); process.exit(3)')).toEqual({ text: 'no\n', status: 3 });
    expect(node('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 1e6)').status).toBe(128 + 15);
  });

  it('can be part of a pipe', () => {
    const program = 'console.log([1, 2].map(require("tty").isatty).join()); process.exitCode = 4';
    expect(node(program, { after: '| cat' })).toEqual({ text: 'false,true\n', status: 4 });
  });

  it('sees the terminal being resized', () => {
    const program = `
      process.stdout.on("resize", () => process.exit(process.stdout.columns));
      setTimeout(() => {}, 1e6);
      console.log("now", 1);`;
    const beside = 'until grep -q "now [1]" "$RECORD"; do sleep 0.01; done; stty cols 40 <"$TERMINAL"';
    expect(node(program, { beside, env: { NO_COLOR: '1' } })).toEqual({ text: 'now 1\n', status: 40 });
  });
});
