import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SparseDump } from '../bench/sparse-dump.ts';
import { dumpOf } from '../support/fixture.ts';
import { dist } from './cache.ts';
import { beyondReading, opened, openedForWriting, type Traced, trace } from './system-calls.ts';

/*
 * The program opens only FILE, read-only; it writes nothing that it was not told to, opens no socket and
 * starts no program. All its system calls that take a file name, start a process or concern sockets show
 * this. It runs from its own folder, which anybody may read, because some of these runs are an ordinary
 * user's.
 */
const folder = mkdtempSync(path.join(tmpdir(), 'kdump-inspect-least-'));
const program = path.join(folder, 'dist/kdump-inspect.js');
const dump = path.join(folder, 'vmcore');
const compressed = path.join(folder, 'vmcore.kdump');
/** Large enough for threads. */
const large = path.join(folder, 'large');
const results = path.join(folder, 'results');

beforeAll(() => {
  chmodSync(folder, 0o755);
  mkdirSync(results);
  cpSync(dist, path.join(folder, 'dist'), { recursive: true });
  copyFileSync(dumpOf('linux-6.12-numa'), dump);
  copyFileSync(dumpOf('linux-6.1').replace('6.1.elf', '6.1-zlib.kdump'), compressed);
  new SparseDump(256).write(large);
  writeFileSync(path.join(folder, 'nothing.js'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[]) => trace([process.execPath, program, ...args]);

/** What Node itself opens to run a program that does nothing. */
let nodes: ReadonlySet<string> = new Set();
beforeAll(() => {
  const bare = trace([process.execPath, path.join(folder, 'nothing.js')]);
  nodes = new Set(opened(bare).map(({ path: file }) => file));
});

/** Opened by Node or the C library for a program that asks for the time, or uses threads. */
const LIBRARIES = [
  // V8 maps its built-in code from there a second time (RemapEmbeddedBuiltins).
  process.execPath,
  '/dev/null',
  '/etc/localtime',
  '/proc/sys/vm/overcommit_memory',
  '/proc/self/maps',
  '/proc/meminfo',
];

/** What a run opened besides its own code. */
function others(traced: Traced): string[] {
  const files = new Set(opened(traced).map(({ path: file }) => file));
  const isOwn = (file: string) =>
    file.startsWith(`${folder}/dist/`) || file === path.join(folder, 'package.json');
  return [...files].filter((file) => !nodes.has(file) && !LIBRARIES.includes(file) && !isOwn(file));
}

describe('the trace', () => {
  const does = (code: string) => trace([process.execPath, '-e', code]);
  const file = path.join(results, 'written');
  const named = JSON.stringify(file);

  it('shows what a program writes and removes', () => {
    expect(openedForWriting(does(`require("fs").writeFileSync(${named}, "x")`))).toContain(file);
    expect(beyondReading(does(`require("fs").unlinkSync(${named})`)).join()).toContain('unlink(');
  });

  it('shows what it starts and connects to', () => {
    const starts = beyondReading(does('require("child_process").spawnSync("/bin/true")'));
    expect(starts.join()).toMatch(/execve|fork|clone/);
    const connects = beyondReading(does('require("net").connect(1, "127.0.0.1").on("error", () => {})'));
    expect(connects.join()).toContain('socket(');
  });
});

const COMMANDS: readonly (readonly string[])[] = [
  ['info', dump],
  ['pages', dump],
  ['pages', dump, '--json'],
  ['pages', dump, '--compat', 'makedumpfile'],
  ['pages', compressed],
  ['pages', large, '--jobs', '4'],
  ['usage', dump],
  ['ps', dump],
  ['dmesg', dump],
  ['page', dump, '49152'],
  ['struct', dump, 'init_task'],
  ['symbols', dump, 'init_task'],
  ['layout', dump],
  ['vmcoreinfo', dump],
  ['segments', dump],
  ['translate', dump, '0xffffffff91222000'],
];
const CASES = COMMANDS.map((args) => ({
  args,
  command: args.map((arg) => path.basename(arg)).join(' '),
  file: args[1] ?? '',
}));

describe.each(CASES)('$command', ({ args, file }) => {
  let traced: Traced;
  beforeAll(() => {
    traced = run(args);
  });

  it('does its work', () => {
    expect([traced.status, traced.stdout.length > 20]).toEqual([0, true]);
  });

  it('opens only FILE and its own code', () => {
    expect(others(traced)).toEqual([file]);
  });

  it('opens nothing for writing', () => {
    expect(openedForWriting(traced)).toEqual([]);
  });

  it('opens no socket, starts no program and changes no file', () => {
    expect(beyondReading(traced)).toEqual([]);
  });
});

describe('--output', () => {
  it('writes only in the folder of FILE', () => {
    const traced = run(['pages', dump, '--output', path.join(results, 'report')]);
    const [nameless, named = '', ...more] = openedForWriting(traced);
    // The file is created in the folder without a name (O_TMPFILE); if the file system cannot do that, it has
    // one for a moment.
    const hadName = nameless !== results;
    for (const file of hadName ? [nameless ?? '', named] : [named]) {
      expect(path.dirname(file)).toBe(results);
      expect(path.basename(file)).toMatch(/^\.kdump-inspect-/);
    }
    expect(more).toEqual([]);
    const changes = beyondReading(traced).map((call) => call.slice(0, call.indexOf('(')));
    expect(changes).toEqual([...(hadName ? ['unlink'] : []), 'rename']);
    expect(readdirSync(results)).toContain('report');
    expect(readdirSync(results).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('an ordinary user', () => {
  const nobody = [
    ...['--reuid=65534', '--regid=65534', '--clear-groups'],
    ...['--bounding-set=-all', '--no-new-privs'],
  ];
  const asNobody = (args: readonly string[]) => {
    const command = ['env', '-i', process.execPath, program, ...args];
    const [first = '', ...rest] = process.getuid?.() === 0 ? ['setpriv', ...nobody, ...command] : command;
    return spawnSync(first, rest, { cwd: '/', encoding: 'utf8', maxBuffer: 1 << 28 });
  };

  it.each(CASES)('needs no capability and no environment for $command', ({ args, file }) => {
    chmodSync(file, 0o444);
    const ran = asNobody(args);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
  });

  it('gets a message that the file may not be read', () => {
    const secret = path.join(folder, 'secret');
    copyFileSync(compressed, secret);
    chmodSync(secret, process.getuid?.() === 0 ? 0o600 : 0);
    const ran = asNobody(['pages', secret]);
    const sentence = `kdump-inspect: ${secret}: permission denied\n  dumps are mostly for root alone: `;
    expect([ran.status, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr.startsWith(sentence)).toBe(true);
  });
});

describe("Node's own permissions", () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const model = major > 23 || (major === 23 && minor >= 5) ? '--permission' : '--experimental-permission';

  it.each(CASES)('to read FILE and the program are enough for $command', ({ args, file }) => {
    const readable = ['/etc/localtime', path.join(folder, 'dist'), file];
    const allowed = readable.map((name) => `--allow-fs-read=${name}`);
    const threads = args[0] === 'pages' ? ['--allow-worker'] : [];
    const options = [model, '--no-warnings', ...allowed, ...threads];
    const ran = spawnSync(process.execPath, [...options, program, ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    expect([ran.status, ran.stderr]).toEqual([0, '']);
  });
});
