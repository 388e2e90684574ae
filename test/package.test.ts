import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpOf } from './support/fixture.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A clone, without dist/ and with the packages for developers. */
const clone = join(folder, 'clone');
const MANIFEST = readFileSync(join(ROOT, 'package.json'), 'utf8');
const { version } = JSON.parse(MANIFEST);
const tarball = join(folder, `kdump-inspect-${version}.tgz`);

beforeAll(() => {
  const parts = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'bin', 'src', '.config'];
  for (const part of parts) cpSync(join(ROOT, part), join(clone, part), { recursive: true });
  mkdirSync(join(clone, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    symlinkSync(join(ROOT, 'node_modules', name), join(clone, 'node_modules', name));
  npm(clone, 'pack', '--pack-destination', folder);
});

/** Runs npm without a network, and returns what it printed, of scripts too. */
function npm(cwd: string, ...args: string[]): string {
  const env = { PATH: process.env.PATH, HOME: folder, npm_config_cache: join(folder, 'cache') };
  const all = [...args, '--offline', '--foreground-scripts', '--no-update-notifier'];
  return execFileSync('/bin/sh', ['-c', 'npm "$@" 2>&1', 'sh', ...all], { cwd, env, encoding: 'utf8' });
}

/** Installs for all users, below a folder of its own. */
function installGlobally(cwd: string, what: string) {
  const prefix = mkdtempSync(join(folder, 'prefix-'));
  const printed = npm(cwd, 'install', '--global', '--prefix', prefix, what);
  const run = (...args: string[]) =>
    execFileSync(join(prefix, 'bin/kdump-inspect'), args, { encoding: 'utf8' });
  return { prefix, printed, run };
}

const packed = (name: string) =>
  execFileSync('tar', ['-xzOf', tarball, `package/${name}`], { encoding: 'utf8' });

describe('the packed package', () => {
  it('has the program, its manual and the schemas, as built', () => {
    const names = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    const built = readdirSync(join(clone, 'dist'), { recursive: true, withFileTypes: true });
    const files = built.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const others = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
    const expected = [...files.map((file) => file.slice(clone.length + 1)), ...others];
    expect(names.toSorted()).toEqual(expected.map((name) => `package/${name}`).toSorted());
  });

  it('has no script and names no other package', () => {
    const manifest = JSON.parse(packed('package.json'));
    const { scripts, devDependencies, ...rest } = JSON.parse(MANIFEST);
    expect([typeof scripts.prepare, typeof devDependencies.tsx]).toEqual(['string', 'string']);
    expect(manifest).toEqual(rest);
    expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key))).toEqual([]);
  });

  it('leaves package.json in the clone as it was, also after a run that was interrupted', () => {
    const manifest = join(clone, 'package.json');
    expect(readFileSync(manifest, 'utf8')).toBe(MANIFEST);
    const toggle = (state: string) =>
      execFileSync(process.execPath, ['.config/manifest.mjs', state], { cwd: clone });
    toggle('packed');
    expect(readFileSync(manifest, 'utf8')).not.toBe(MANIFEST);
    toggle('packed');
    expect(readFileSync(manifest, 'utf8')).not.toBe(MANIFEST);
    toggle('whole');
    expect(readFileSync(manifest, 'utf8')).toBe(MANIFEST);
    toggle('whole');
    expect(readFileSync(manifest, 'utf8')).toBe(MANIFEST);
  });

  it('installs nothing else, runs no script, and works', () => {
    const { prefix, printed, run } = installGlobally(folder, tarball);
    expect(printed).toMatch(/^\s*added 1 package in \S+\s*$/);
    const [installed, ...others] = readdirSync(join(prefix, 'lib/node_modules'));
    expect([installed, others]).toEqual(['kdump-inspect', []]);
    expect(existsSync(join(prefix, 'lib/node_modules/kdump-inspect/node_modules'))).toBe(false);
    expect(run('--version')).toBe(`${version}\n`);
    expect(run('info', dumpOf('linux-6.12-numa'))).toContain('sysrq triggered crash');
    expect(readFileSync(join(prefix, 'share/man/man1/kdump-inspect.1'), 'utf8')).toContain(
      `"kdump\\-inspect ${version}"`,
    );
  });

  it('installs in the same way from its unpacked folder', () => {
    execFileSync('tar', ['-xzf', tarball], { cwd: folder });
    const { printed, run } = installGlobally(join(folder, 'package'), '.');
    expect(printed).toMatch(/^\s*added 1 package in \S+\s*$/);
    expect(run('--version')).toBe(`${version}\n`);
  });
});

describe('npm install --global . in a clone', () => {
  it('builds the program', () => {
    rmSync(join(clone, 'dist'), { recursive: true });
    const { run } = installGlobally(clone, '.');
    expect(run('--version')).toBe(`${version}\n`);
    expect(existsSync(join(clone, 'dist/kdump-inspect.1'))).toBe(true);
  });
});
