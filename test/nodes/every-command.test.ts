import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/declarations/commands.ts';
import { SparseDump } from '../bench/sparse-dump.ts';
import { dumpOf } from '../support/fixture.ts';
import { filesOf, forms } from '../support/form.ts';
import { violations } from '../support/schema.ts';
import { ADMITTED, nodeOf, OLDER } from './releases.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The program of the package, as npm packs what this Node.js has built. */
let program: string;
/** A dump whose scan is worth several threads. */
const large = join(folder, '256-gib.core');

beforeAll(() => {
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: ROOT });
  execFileSync('sh', ['-c', 'tar -xzf *.tgz'], { cwd: folder });
  const { bin } = JSON.parse(readFileSync(join(folder, 'package/package.json'), 'utf8'));
  program = join(folder, 'package', bin['kdump-inspect']);
  new SparseDump(256).write(large);
});

function runWith(node: string, args: readonly string[]) {
  const { status, signal, stdout, stderr } = spawnSync(node, [program, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { status, signal, stdout, stderr };
}

/** The answers of this Node.js, which has built the program. */
const expected = new Map<string, ReturnType<typeof runWith>>();

function runHere(args: readonly string[]): ReturnType<typeof runWith> {
  const key = args.join('\0');
  const known = expected.get(key) ?? runWith(process.execPath, args);
  expected.set(key, known);
  return known;
}

const DUMP = dumpOf('linux-6.12-numa');

/** The operands of each command; for commands on one dump, those after its name. */
const OPERANDS: Readonly<Record<string, readonly string[]>> = {
  info: [],
  pages: [],
  usage: [],
  ps: [],
  dmesg: [],
  page: ['0xc000000'],
  struct: ['init_task'],
  symbols: ['page_offset_b*'],
  layout: [],
  vmcoreinfo: [],
  segments: [],
  translate: ['0xffff891c97fd9000'],
};

/** Each command, in both forms. */
const LINES = Object.entries(OPERANDS).flatMap(([command, operands]) => [
  [command, DUMP, ...operands],
  [command, DUMP, ...operands, '--json'],
]);
/** Each codec and format, and several threads. */
const FORMATS = [
  ...forms().map((form) => ['pages', ...filesOf(form), '--json']),
  ['pages', large, '--jobs', '2', '--json'],
];

test('every command is run', () => {
  expect(Object.keys(OPERANDS)).toEqual(COMMANDS.flatMap(({ name, dump }) => (dump ? [name] : [])));
});

/** All command lines, each with a name that contains no path of this machine. */
const ASKED = [...LINES, ...FORMATS].map((args): [string, readonly string[]] => [
  args.map((arg) => basename(arg)).join(' '),
  args,
]);

test.each(ASKED)('this Node.js answers: %s', (_, args) => {
  const { status, signal, stdout, stderr } = runHere(args);
  expect([status === 0 || status === 3, signal]).toEqual([true, null]);
  expect(stderr).not.toContain('internal error');
  expect(stdout).not.toBe('');
  if (args.includes('--json') && args[0] !== 'dmesg')
    expect(violations(args[0] as string, JSON.parse(stdout))).toEqual([]);
});

describe.each(ADMITTED)('Node.js %s', (release) => {
  let node: string;
  beforeAll(async () => {
    node = await nodeOf(release);
  });

  test('is that release', () => {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    expect(`${version}.`.startsWith(`v${release}.`)).toBe(true);
  });

  test.each(ASKED)('says the same: %s', (_, args) => {
    expect(runWith(node, args)).toEqual(runHere(args));
  });
});

describe.each(OLDER)('Node.js %s, which is too old', (release) => {
  let node: string;
  beforeAll(async () => {
    node = await nodeOf(release);
  });

  test('is refused with a message', () => {
    const { status, signal, stdout, stderr } = runWith(node, ['pages', DUMP]);
    expect([status, signal, stdout]).toEqual([1, null, '']);
    expect(stderr).toMatch(
      /^kdump-inspect: Node\.js 20\.19 or a later 20, or 22\.12 or later is needed; this is v\d+\.\d+\.\d+\n$/,
    );
  });
});
