import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dumpOf } from '../support/fixture.ts';
import { run } from '../support/run.ts';
import { asNobody, DEBIAN, inDebian, installDebian } from './debian.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const deb = `kdump-inspect_${version}_all.deb`;

beforeAll(() => {
  installDebian();
  execFileSync('node_modules/.bin/tsx', ['.config/debian/package.ts', join(DEBIAN, 'tmp')], { cwd: ROOT });
  copyFileSync(dumpOf('linux-6.12-numa'), join(DEBIAN, 'tmp/vmcore'));
  inDebian('apt-get', 'install', '--yes', '-o', 'Dpkg::Use-Pty=0', '--no-install-recommends', `/tmp/${deb}`);
});
afterAll(() => {
  for (const name of [deb, 'vmcore']) rmSync(join(DEBIAN, 'tmp', name), { force: true });
});

test("the package is installed, with Debian's own Node.js, and as it was made", () => {
  const status = inDebian('dpkg', '--status', 'kdump-inspect');
  expect(status).toContain('\nStatus: install ok installed\n');
  expect(status).toContain(`\nVersion: ${version}\n`);
  expect(inDebian('dpkg', '--verify', 'kdump-inspect')).toBe('');
});

test('every user can run it', () => {
  expect(asNobody('kdump-inspect', '--version')).toBe(`${version}\n`);
  for (const command of ['info', 'pages', 'usage']) {
    const args = ['--json', '--quiet'];
    const told = JSON.parse(asNobody('kdump-inspect', command, '/tmp/vmcore', ...args));
    const { stdout } = run([command, dumpOf('linux-6.12-numa'), ...args]);
    expect(told).toEqual(JSON.parse(stdout.replaceAll(dumpOf('linux-6.12-numa'), '/tmp/vmcore')));
  }
});

test('bash completes it without being told to', () => {
  const script =
    '. /usr/share/bash-completion/bash_completion; _comp_load kdump-inspect; complete -p kdump-inspect';
  expect(inDebian('bash', '-c', script)).toBe('complete -F _kdump_inspect kdump-inspect\n');
});

test('nothing is left when it is removed', () => {
  const files = inDebian('dpkg', '--listfiles', 'kdump-inspect').trim().split('\n');
  const own = files.filter((path) => path.includes('kdump-inspect'));
  expect(own.length).toBeGreaterThan(30);
  inDebian('apt-get', 'purge', '--yes', '-o', 'Dpkg::Use-Pty=0', 'kdump-inspect');
  expect(own.filter((path) => existsSync(join(DEBIAN, path)))).toEqual([]);
});
