import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
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

/** What the bundler makes of the packages and modules that most runs do without. */
const FURTHER = [
  ...['further', 'kdump', 'walk-worker', 'walk-worker-kdump-image'],
  ...['chalk', 'cli-table3', 'wide-text'],
];

test('pages of a plain dump loads no file that it does not need, so that it starts soon', () => {
  const dump = dumpOf('linux-6.1');
  const dist = copyOf('alone');
  for (const file of FURTHER) rmSync(join(dist, `${file}.js`));
  for (const form of ['--no-color', '--json'])
    expect(run(dist, 'pages', dump, form)).toBe(run(join(ROOT, 'dist'), 'pages', dump, form));
});

test('pages in colours loads chalk and nothing else that it does not need', () => {
  const dump = dumpOf('linux-6.1');
  const dist = copyOf('coloured');
  for (const file of FURTHER) if (file !== 'chalk') rmSync(join(dist, `${file}.js`));
  const coloured = run(dist, 'pages', dump, '--color');
  expect(coloured).toContain('\x1b[1mTYPE\x1b[22m');
  expect(coloured).toBe(run(join(ROOT, 'dist'), 'pages', dump, '--color'));
});

test('the licence of each package that is bundled comes along', () => {
  const licences = readFileSync(join(ROOT, 'dist/LICENSES.txt'), 'utf8');
  for (const name of ['commander', 'chalk', 'cli-table3', 'string-width', 'hysnappy', 'zstddec'])
    expect(licences).toContain(`Name: ${name}\n`);
});

test('an installed package pulls in no other, and runs nothing', () => {
  const { dependencies, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(dependencies).toBeUndefined();
  expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
});

test('an older Node.js is refused with a message, and no file of the program is loaded', () => {
  const dist = copyOf('older');
  rmSync(join(dist, 'program.js'));
  const older = join(folder, 'older.cjs');
  writeFileSync(older, 'delete process.getBuiltinModule;');
  const program = join(dist, 'kdump-inspect.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', older, program, 'pages'], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toBe(
    `kdump-inspect: Node.js 20.19 or a later 20, or 22.12 or later is needed; this is ${process.version}\n`,
  );
});

test('the program is only its source: code that one V8 compiled is not for another', () => {
  const kinds = readdirSync(join(ROOT, 'dist'), { recursive: true, withFileTypes: true });
  const endings = kinds.filter((entry) => entry.isFile()).map(({ name }) => extname(name));
  expect([...new Set(endings)].sort()).toEqual(['.1', '.js', '.json', '.txt']);
});
