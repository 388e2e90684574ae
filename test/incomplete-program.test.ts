import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SparseDump } from './bench/sparse-dump.ts';
import { dumpOf } from './support/fixture.ts';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-incomplete-'));
const dist = join(folder, 'dist');
const program = join(dist, 'kdump-inspect.js');
/** Large enough for several threads. */
const large = join(folder, 'large.core');

beforeAll(() => {
  cpSync(DIST, dist, { recursive: true });
  new SparseDump(256).write(large);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

function without<T>(file: string, during: () => T): T {
  const aside = join(folder, 'aside');
  renameSync(join(dist, file), aside);
  try {
    return during();
  } finally {
    renameSync(aside, join(dist, file));
  }
}

const HINT = 'copy all of it, or install the package\n';
/** Commands, each with a file that it needs and others do not. */
const NEEDS: readonly (readonly [string, readonly string[]])[] = [
  ['further.js', ['info', dumpOf('linux-6.12-numa')]],
  ['kdump.js', ['pages', dumpOf('linux-6.1').replace('.elf', '-zlib.kdump')]],
  ['chalk.js', ['pages', dumpOf('linux-6.12-numa'), '--color']],
  ['walk-worker.js', ['pages', large, '--jobs', '2']],
];

describe('a copy of the program that is not whole', () => {
  it('of one file says what is missing', () => {
    const alone = join(folder, 'kdump-inspect.js');
    cpSync(program, alone);
    const { status, stdout, stderr } = spawnSync(process.execPath, [alone, '--version'], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `kdump-inspect: program.js is missing beside ${alone}\n` +
        `  the program is the whole folder dist/, not this file alone: ${HINT}`,
    );
  });

  it.each(NEEDS)('without %s says so if it needs it', (file, args) => {
    const { status, stdout, stderr } = without(file, () => run(...args));
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `kdump-inspect: ${file}, a file of the program, is missing\n  the program is the whole folder dist/: ${HINT}`,
    );
  });

  const scripts = readdirSync(DIST).filter((name) => name.endsWith('.js') && name !== 'kdump-inspect.js');
  describe.each([
    ['a small dump', ['pages', dumpOf('linux-6.12-numa')]],
    ['several threads', ['pages', large, '--jobs', '2']],
  ])('prints the whole result or none for %s', (_, args) => {
    let whole: string;
    beforeAll(() => {
      whole = run(...args).stdout;
    });
    it.each(scripts)('without %s', (file) => {
      const { status, stdout, stderr } = without(file, () => run(...args));
      expect(['', whole]).toContain(stdout);
      expect([status, stderr.includes(HINT)]).toEqual(stdout === '' ? [1, true] : [0, false]);
    });
  });
});
