import { describe, expect, it } from 'vitest';
import { dumpOf } from '../support/fixture.ts';
import { PROGRAM, shell } from '../support/run.ts';
import { onTerminal } from '../support/terminal.ts';

const DUMP = dumpOf('linux-6.12-numa');

/** Each command once, on the fixture. */
const COMMANDS = [
  `info ${DUMP}`,
  `pages ${DUMP}`,
  `usage ${DUMP}`,
  `ps ${DUMP}`,
  `dmesg ${DUMP}`,
  `page ${DUMP} 49152`,
  `struct ${DUMP} page`,
  `struct ${DUMP} init_task`,
  `symbols ${DUMP}`,
  `layout ${DUMP}`,
  `vmcoreinfo ${DUMP}`,
  `segments ${DUMP}`,
  `translate ${DUMP} 0xffffffff91222000`,
  '--help',
  'pages --help',
  '--version',
];

describe.each(COMMANDS)('%s', (command) => {
  it('ends with status 0 and no message after its reader has gone', () => {
    for (const reader of ['true', 'head -n 1']) {
      const ran = shell(`( $KI ${command}; echo $? >&2 ) | ${reader}`);
      expect(ran.stderr).toBe('0\n');
    }
  });

  it('ends with a sentence if nothing can be written', () => {
    const ran = shell(`$KI ${command} > /dev/full`);
    expect(ran.stderr).toBe('kdump-inspect: stdout: cannot write the result: no space left\n');
    expect(ran.status).toBe(1);
  });
});

describe('stdout', () => {
  it('may be closed', () => {
    const ran = shell(`$KI pages ${DUMP} >&-`);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
  });

  it('may be a pipe that is full and does not block', () => {
    // sh makes the pipe, Perl makes it non-blocking, and the reader is late.
    const ran = shell(
      `perl -e 'use Fcntl; fcntl(STDOUT, F_SETFL, O_NONBLOCK|O_WRONLY); exec @ARGV' $KI symbols ${DUMP} | (sleep 1; wc -c)`,
    );
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toBe(shell(`$KI symbols ${DUMP} | wc -c`).stdout);
  });
});

describe('stderr', () => {
  // A warning that nobody reads must not change the result or the status.
  const WARNED = `layout ${DUMP} --page-offset 0xffff888000000000`;
  const expected = shell(`$KI ${WARNED} 2>/dev/null`);

  it.each(['2>&-', '2>/dev/full', '2> >(true)'])(
    'may be nothing that can be written to: %s',
    (redirection) => {
      expect(shell(`$KI ${WARNED} 3>&1 2>&1 >/dev/null`).stdout).toContain('warning');
      const command = `bash --norc -c '$0 $1 ${WARNED} ${redirection}' $KI`;
      expect(shell(command)).toEqual({ ...expected, stderr: '' });
    },
  );

  it.each([
    [1, 'pages nothing'],
    [1, `page ${DUMP} 0x4000000 --debug`],
    [2, 'pages --nonsense'],
    [2, 'nonsense'],
    [2, ''],
  ])('may be full, and the status is still %i: %s', (status, command) => {
    for (const redirection of ['2>/dev/full', '2>&-'])
      expect(shell(`$KI ${command} ${redirection}`)).toEqual({ status, stdout: '', stderr: '' });
  });
});

describe('a progress bar', () => {
  /** A program of TypeScript, on a terminal. */
  const show = (program: string) =>
    onTerminal([process.execPath, '--import', 'tsx', '--input-type=module', '-e', program]).text;

  const source = (name: string) =>
    JSON.stringify(PROGRAM.replace('dist/kdump-inspect.js', `src/cli/${name}.ts`));

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('is removed before %s ends the program', (signal) => {
    const sent = show(`
      import { progressBar } from ${source('session/progress')};
      const { update, end } = progressBar("reading", {}, true);
      const start = performance.now();
      while (performance.now() - start < 1050) update(1, 2);
      process.kill(process.pid, "${signal}");
      await new Promise((resolve) => setTimeout(resolve, 5000));
      console.log("still here");
    `);
    expect(sent).toContain('reading [###############...............] 50 %');
    expect(sent.endsWith(' s left \x1b[K\r\x1b[K')).toBe(true);
  });

  it('does not listen to signals after the end', () => {
    const sent = show(`
      import { progressBar } from ${source('session/progress')};
      const { update, end } = progressBar("reading", {}, true);
      const start = performance.now();
      while (performance.now() - start < 1050) update(1, 2);
      end();
      console.log("left: " + (process.listenerCount("SIGINT") + process.listenerCount("SIGTERM")));
    `);
    expect(sent).toContain('\r\x1b[Kleft: 0');
  });
});
