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

/** Whether this V8 takes the compiled code that lies beside the program. */
function accepts(dist: string): boolean {
  const filename = join(dist, 'program.js');
  const cachedData = readFileSync(join(dist, 'program.cache'));
  return !new Script(readFileSync(filename, 'latin1'), { filename, cachedData }).cachedDataRejected;
}

describe('the compiled code that is kept beside the program', () => {
  const dump = dumpOf('linux-6.1');

  test('is taken by the V8 that made it, and the program then says the same', () => {
    const dist = copyOf('made');
    const program = join(dist, 'program.js');
    execFileSync(process.execPath, [join(ROOT, '.config/code-cache.mjs'), program, 'pages', dump], {
      stdio: 'ignore',
    });
    expect(accepts(dist)).toBe(true);
    expect(run(dist, 'pages', dump, '--json')).toBe(run(join(ROOT, 'dist'), 'pages', dump, '--json'));
  });

  test.each([
    ['is missing', (path: string) => rmSync(path)],
    ['is of another release of V8', (path: string) => writeFileSync(path, Buffer.alloc(4096, 0x5a))],
    ['is cut short', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 1000))],
  ])('is not needed: where it %s the program runs as ever', (what, spoil) => {
    const dist = copyOf(what.replaceAll(' ', '-'));
    const before = run(dist, 'pages', dump, '--json');
    spoil(join(dist, 'program.cache'));
    expect(run(dist, 'pages', dump, '--json')).toBe(before);
    expect(JSON.parse(before)).toMatchObject({ schema: 'kdump-inspect/pages/1', complete: true });
  });
});
