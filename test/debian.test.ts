import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debianChangelog, releasesOf } from '../.config/debian/changelog.ts';
import { controlFile } from '../.config/debian/control.ts';
import { dumpOf } from './support/fixture.ts';
import { run } from './support/run.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
/** Other distributions need not have Debian's tools; test/deb installs the package on a Debian. */
const onDebian = spawnSync('dpkg-deb', ['--version']).status === 0;

describe('the changelog of the Debian package', () => {
  const CHANGELOG = `# Changes

## Unreleased

- not yet

## 0.2.0 (2026-02-01)

New:

- one
  line
- \`two\`, which is so long that it does not fit into a line of eighty columns of text

## 0.1.0 (2025-12-31)

First version.
`;

  it('has the form of Debian policy 4.4', () => {
    const releases = releasesOf(CHANGELOG);
    expect(
      debianChangelog(releases, 'Us <us@example.org>'),
    ).toBe(`kdump-inspect (0.2.0) unstable; urgency=medium

  [ New ]
  * one line
  * \`two\`, which is so long that it does not fit into a line of eighty columns
    of text

 -- Us <us@example.org>  Sun, 01 Feb 2026 00:00:00 +0000

kdump-inspect (0.1.0) unstable; urgency=medium

  * First version.

 -- Us <us@example.org>  Wed, 31 Dec 2025 00:00:00 +0000
`);
  });
});

describe('the control file', () => {
  it('depends on the releases of Node.js that package.json names', () => {
    expect(manifest.engines.node).toBe('^20.19 || >=22.12');
    expect(controlFile(manifest, [])).toContain(
      '\nDepends: nodejs (>= 20.19), nodejs (<< 21) | nodejs (>= 22.12)\n',
    );
  });

  it('has the version of package.json, the size in KiB, and lines that are not too long', () => {
    const files = [
      { path: 'a', content: 'x'.repeat(1025) },
      { path: 'b', link: 'a' },
    ];
    const control = controlFile(manifest, files);
    expect(control).toContain(`\nVersion: ${manifest.version}\n`);
    expect(control).toContain('\nInstalled-Size: 2\n');
    const description = control
      .split('\n')
      .slice(control.split('\n').findIndex((line) => line.startsWith('Description')));
    expect(description.filter((line) => line.length > 80)).toEqual([]);
    expect(description.at(-1)).toBe('');
    for (const line of description.slice(1, -1)) expect(line).toMatch(/^ \S/);
  });
});

describe.runIf(onDebian)('the Debian package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-debian-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const name = `kdump-inspect_${manifest.version}_all.deb`;
  const unpacked = join(folder, 'unpacked');
  const at = (path: string) => join(unpacked, path);

  function make(to: string, umask: number, env: Record<string, string>): string {
    mkdirSync(to);
    const script = `umask ${umask}; node_modules/.bin/tsx .config/debian/package.ts '${to}'`;
    execFileSync('/bin/sh', ['-c', script], { cwd: ROOT, env: { PATH: process.env.PATH, ...env } });
    return join(to, name);
  }

  let deb: string;
  beforeAll(() => {
    deb = make(join(folder, 'one'), 22, { TZ: 'UTC' });
    execFileSync('dpkg-deb', ['--extract', deb, unpacked]);
  });

  it('is the same, byte by byte, wherever and whenever it is made', () => {
    const again = make(join(folder, 'two'), 77, { TZ: 'Pacific/Auckland', LC_ALL: 'C.UTF-8' });
    expect(readFileSync(again).equals(readFileSync(deb))).toBe(true);
    const later = make(join(folder, 'three'), 22, { SOURCE_DATE_EPOCH: '1800000000' });
    expect(readFileSync(later).equals(readFileSync(deb))).toBe(false);
    expect(execFileSync('dpkg-deb', ['--contents', later], { encoding: 'utf8' })).not.toContain('2026-');
  });

  it('belongs to root, and only the program is executable', () => {
    const lines = execFileSync('dpkg-deb', ['--contents', deb], { encoding: 'utf8' }).trim().split('\n');
    for (const line of lines)
      expect(line).toMatch(/^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|lrwxrwxrwx) root\/root /);
    const executable = lines.filter((line) => line.startsWith('-rwx')).map((line) => line.split(' ').at(-1));
    expect(executable).toEqual(['./usr/share/kdump-inspect/kdump-inspect.js']);
  });

  it('has the sums of its files', () => {
    const control = join(folder, 'control');
    execFileSync('dpkg-deb', ['--control', deb, control]);
    execFileSync('md5sum', ['--check', '--strict', '--quiet', join(control, 'md5sums')], { cwd: unpacked });
    const sums = readFileSync(join(control, 'md5sums'), 'utf8').trim().split('\n');
    const files = readdirSync(unpacked, { recursive: true, withFileTypes: true });
    expect(sums.length).toBe(files.filter((entry) => entry.isFile()).length);
  });

  it('starts the whole program, by the Node.js of Debian', () => {
    expect(lstatSync(at('usr/bin/kdump-inspect')).isSymbolicLink()).toBe(true);
    const program = realpathSync(at('usr/bin/kdump-inspect'));
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/node\n/);
    const args = ['usage', dumpOf('linux-6.12-numa'), '--json'];
    const stdout = execFileSync(process.execPath, [at('usr/bin/kdump-inspect'), ...args], {
      encoding: 'utf8',
    });
    expect(stdout).toBe(run(args).stdout);
  });

  it('has the manual, completions, licences and changes in their places', () => {
    const read = (path: string) => readFileSync(at(path));
    const manual = gunzipSync(read('usr/share/man/man1/kdump-inspect.1.gz')).toString();
    expect(manual).toBe(readFileSync(join(ROOT, 'dist/kdump-inspect.1'), 'utf8'));
    const completions = [
      ['bash', 'usr/share/bash-completion/completions/kdump-inspect'],
      ['zsh', 'usr/share/zsh/vendor-completions/_kdump-inspect'],
      ['fish', 'usr/share/fish/vendor_completions.d/kdump-inspect.fish'],
    ] as const;
    for (const [shell, path] of completions)
      expect(read(path).toString()).toBe(run(['completion', shell]).stdout);
    const copyright = read('usr/share/doc/kdump-inspect/copyright').toString();
    for (const part of ['LICENSE', 'dist/LICENSES.txt'])
      expect(copyright).toContain(readFileSync(join(ROOT, part), 'utf8'));
    const changes = gunzipSync(read('usr/share/doc/kdump-inspect/changelog.gz')).toString();
    expect(changes.startsWith(`kdump-inspect (${manifest.version}) unstable; urgency=medium\n`)).toBe(true);
  });
});
