import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dumpOf } from '../support/fixture.ts';
import { runMain } from '../support/run-main.ts';
import { programOnTerminal } from '../support/terminal.ts';

const NUMA = dumpOf('linux-6.12-numa');
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-colours-'));
afterAll(() => rmSync(folder, { recursive: true }));

const red = (text: string) => `␛[31m${text}␛[39m`;
const green = (text: string) => `␛[32m${text}␛[39m`;
const yellow = (text: string) => `␛[33m${text}␛[39m`;
const dim = (text: string) => `␛[2m${text}␛[22m`;
const bold = (text: string) => `␛[1m${text}␛[22m`;

/** A text with the escape character shown as ␛. */
const visible = (text: string) => text.replaceAll('\x1b', '␛');
const coloured = async (...args: string[]) => visible((await runMain([...args, '--color'])).stdout);

describe('the colours of a report', () => {
  it('are red for a panic', async () => {
    const plain = (await runMain(['info', NUMA])).stdout;
    const panic = /^panic +(\S.*)$/m.exec(plain)?.[1] ?? 'none';
    expect(panic).toContain('sysrq triggered crash');
    expect(await coloured('info', NUMA)).toContain(red(panic));
    expect(await coloured('ps', NUMA)).toMatch(/␛\[31mCPU \d+ panicked in [^␛]+␛\[39m/);
    expect(await coloured('ps', NUMA)).toContain(`\n${red('!')} `);
  });

  it('are red for what a dump lacks', async () => {
    const cut = join(folder, 'cut');
    copyFileSync(NUMA, cut);
    truncateSync(cut, Math.floor(statSync(NUMA).size * 0.9));
    expect(await coloured('info', cut)).toMatch(/␛\[31mINCOMPLETE: [^␛]+␛\[39m/);
    expect(await coloured('segments', cut)).toMatch(/␛\[31m[^␛]+ cut␛\[39m/);
  });

  it('are yellow for taint', async () => {
    for (const name of ['linux-5.10', 'linux-6.1', 'linux-6.12-numa', 'linux-7.3-5level']) {
      const plain = (await runMain(['info', dumpOf(name)])).stdout;
      const taint = /^taint +(\S.*)$/m.exec(plain)?.[1];
      const shown = await coloured('info', dumpOf(name));
      if (taint === undefined || taint === 'none') expect(shown).not.toContain('␛[33m');
      else expect(shown).toContain(yellow(taint));
    }
  });

  it('are green for what agrees, and bold for headings', async () => {
    expect(await coloured('pages', NUMA)).toMatch(/␛\[32mFREE agrees with [^␛]+␛\[39m/);
    expect(await coloured('pages', NUMA)).toContain(bold('TYPE'));
    expect(await coloured('layout', NUMA)).toContain(green('agrees'));
    expect(await coloured('usage', NUMA, '--check')).toContain(green('the same'));
  });

  it('are dim for zeros and dashes', async () => {
    const text = await coloured('ps', NUMA);
    expect(text).toContain(dim('-'));
    expect(text).toContain(dim('0'));
    // CPU 0 is a CPU like any other.
    expect(text).toMatch(/ 0 +␛\[2m-␛\[22m/);
  });

  it('say nothing that the text does not say', async () => {
    for (const command of ['info', 'pages', 'usage', 'ps', 'layout', 'segments', 'dmesg']) {
      const plain = (await runMain([command, NUMA])).stdout;
      expect((await coloured(command, NUMA)).replace(/␛\[\d+m/g, '')).toBe(plain);
    }
  });
});

describe('a warning', () => {
  const args = ['layout', NUMA, '--page-offset', '0xffff888000000000'];
  const warned = (env: Record<string, string>, after: string, options: string[] = []) =>
    visible(programOnTerminal([...args, ...options], { env, after }).text);

  it('is yellow on a terminal, wherever the result goes', () => {
    expect(warned({}, '>/dev/null')).toMatch(/^kdump-inspect: ␛\[33mwarning:␛\[39m page_offset: /);
    expect(warned({}, '2>/dev/null')).not.toContain('␛[33mwarning');
    expect(warned({}, '2>&1 >/dev/null | cat')).toMatch(/^kdump-inspect: warning: page_offset: /);
  });

  it('is as plain as the options and the environment want it', () => {
    for (const [env, options] of [
      [{ NO_COLOR: '1' }, []],
      [{ TERM: 'dumb' }, []],
      [{}, ['--no-color']],
    ] as [Record<string, string>, string[]][])
      expect(warned(env, '>/dev/null', options)).toMatch(/^kdump-inspect: warning: page_offset: /);
    expect(warned({ FORCE_COLOR: '1' }, '2>&1 >/dev/null | cat')).toContain(yellow('warning:'));
  });
});
