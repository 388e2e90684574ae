import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { afterAll, describe, expect, test } from 'vitest';
import { dumpOf } from './support/fixture.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-build-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of the built program. */
function copyOf(name: string): string {
  const dist = join(folder, name);
  cpSync(join(ROOT, 'dist'), dist, { recursive: true });
  return dist;
}

const run = (dist: string, ...args: string[]) =>
  execFileSync(process.execPath, [join(dist, 'kdump-inspect.js'), ...args], { encoding: 'utf8' });

/** Whether this V8 takes the compiled code that lies beside a file of the program. */
function accepts(dist: string, file: string): boolean {
  const filename = join(dist, `${file}.js`);
  const cachedData = readFileSync(join(dist, `${file}.cache`));
  return !new Script(readFileSync(filename, 'latin1'), { filename, cachedData }).cachedDataRejected;
}

/** The files of the program whose compiled code is kept, without their endings. */
const FILES = ['program', 'further', 'kdump', 'cli-table3', 'chalk'];

describe('the compiled code that is kept beside the program', () => {
  const dump = dumpOf('linux-6.1');

  test('is taken by the V8 that made it, and the program then says the same', () => {
    const dist = copyOf('made');
    const [made, commands] = [join(ROOT, '.config/code-cache.mjs'), ['pages', 'layout', 'dmesg']];
    execFileSync(process.execPath, [made, dist, dump], { stdio: 'ignore' });
    for (const file of FILES.filter((name) => name !== 'kdump')) expect(accepts(dist, file)).toBe(true);
    for (const command of commands)
      expect(run(dist, command, dump)).toBe(run(join(ROOT, 'dist'), command, dump));
  });

  test.each([
    ['is missing', (path: string) => rmSync(path)],
    ['is of another release of V8', (path: string) => writeFileSync(path, Buffer.alloc(4096, 0x5a))],
    ['is cut short', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 1000))],
  ])('is not needed: where it %s the program runs as ever', (what, spoil) => {
    const dist = copyOf(what.replaceAll(' ', '-'));
    const all = () => [run(dist, 'pages', dump, '--json'), run(dist, 'layout', dump, '--color')];
    const before = all();
    for (const file of FILES) spoil(join(dist, `${file}.cache`));
    expect(all()).toEqual(before);
    expect(JSON.parse(before[0] ?? '')).toMatchObject({ schema: 'kdump-inspect/pages/1', complete: true });
  });
});

describe('the files of the program', () => {
  const dump = dumpOf('linux-6.1');

  test('are but one for pages of a plain dump, so that it starts soon', () => {
    const dist = copyOf('alone');
    for (const file of FILES.filter((name) => name !== 'program')) rmSync(join(dist, `${file}.js`));
    for (const form of ['--no-color', '--json'])
      expect(run(dist, 'pages', dump, form)).toBe(run(join(ROOT, 'dist'), 'pages', dump, form));
  });

  test('are read as they are: each of their bytes is a character', () => {
    for (const file of FILES)
      expect(readFileSync(join(ROOT, 'dist', `${file}.js`), 'latin1')).toMatch(/^[\0-\x7f]*$/);
  });
});
