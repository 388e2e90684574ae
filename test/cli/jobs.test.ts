import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SparseDump } from '../bench/sparse-dump.ts';
import { dumpOf } from '../support/fixture.ts';
import { run, shell } from '../support/run.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/kdump-inspect.js', import.meta.url));
const folder = mkdtempSync(`${tmpdir()}/kdump-inspect-jobs-`);
/** Large enough for more threads than one: 16 MiB on the disk. */
const large = `${folder}/256-gib.core`;

/** One whose scan takes several times as long as a thread takes to be compiled from source. */
const larger = `${folder}/1-tib.core`;

beforeAll(() => {
  new SparseDump(256).write(large);
  new SparseDump(1024).write(larger);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What --debug says was read: a thread that opens the dump reads its headers once more. */
const readsOf = (stderr: string) => Number(/(\d+) reads of/.exec(stderr)?.[1]);

describe('pages --jobs', () => {
  test('reports the same whatever it is, of a dump that all of them work on', () => {
    const alone = run(['pages', large, '--json', '--jobs', '1', '--debug']);
    for (const jobs of ['2', '8']) {
      const ran = run(['pages', large, '--json', '--jobs', jobs, '--debug']);
      expect(ran.status).toBe(0);
      expect(ran.stdout).toBe(alone.stdout);
      expect(readsOf(ran.stderr)).toBeGreaterThan(readsOf(alone.stderr));
    }
  });

  test('starts threads from source where it was started from source', () => {
    const source = fileURLToPath(new URL('../../bin/kdump-inspect.ts', import.meta.url));
    const args = ['pages', larger, '--json', '--jobs', '2', '--debug'];
    const ran = spawnSync(process.execPath, ['--import', 'tsx', source, ...args], { encoding: 'utf8' });
    const alone = run(['pages', larger, '--json', '--jobs', '1', '--debug']);
    expect([ran.status, ran.stdout]).toEqual([0, alone.stdout]);
    expect(readsOf(ran.stderr)).toBeGreaterThan(readsOf(alone.stderr));
  });

  test('starts no thread for a dump that is not worth one', () => {
    const dump = dumpOf('linux-6.1');
    const alone = run(['pages', dump, '--json', '--jobs', '1', '--debug']);
    const several = run(['pages', dump, '--json', '--jobs', '8', '--debug']);
    expect(several.stdout).toBe(alone.stdout);
    expect(readsOf(several.stderr)).toBe(readsOf(alone.stderr));
  });

  test('is an option of usage too, which reports the same with one thread and with several', () => {
    const ask = (jobs: string) => run(['usage', dumpOf('linux-6.12-numa'), '--json', '--jobs', jobs]);
    expect(ask('8')).toMatchObject({ status: 0, stdout: ask('1').stdout });
    expect(ask('0')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('a number of threads is needed'),
    });
  });

  test.each(['0', '-1', '1.5', 'two', ''])('refuses %j', (jobs) => {
    const ran = run(['pages', large, '--jobs', jobs]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain('a number of threads is needed');
  });

  test('writes nothing when whoever reads has gone, and ends well', () => {
    const ran = shell(`( $KI pages ${large} --jobs 2; echo $? >&2 ) | true`);
    expect(ran.stderr).toBe('0\n');
  });
});

describe('an interrupt while threads are at work', () => {
  const interrupt = (jobs: string) =>
    new Promise<{ signal: string | null; output: string }>((resolve) => {
      const child = spawn(process.execPath, [PROGRAM, 'pages', large, '--jobs', jobs]);
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
      });
      child.stderr.on('data', (text) => {
        output += text;
      });
      child.on('close', (_, signal) => resolve({ signal, output }));
      setTimeout(() => child.kill('SIGINT'), 250);
    });

  // A shell makes status 130 of it.
  test.each(['1', '2'])('ends it at once and without a word (--jobs %s)', async (jobs) => {
    expect(await interrupt(jobs)).toEqual({ signal: 'SIGINT', output: '' });
  });
});
