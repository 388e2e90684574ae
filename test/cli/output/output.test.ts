import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SparseDump } from '../../bench/sparse-dump.ts';
import { dumpOf } from '../../support/fixture.ts';
import { PROGRAM, run, shell } from '../../support/run.ts';

const DUMP = dumpOf('linux-6.12-numa');
const QUIET = dumpOf('linux-5.10');
const all = mkdtempSync(join(tmpdir(), 'kdump-inspect-output-'));
afterAll(() => rmSync(all, { recursive: true }));

let folder = '';
let count = 0;
beforeEach(() => {
  folder = join(all, `${count++}`);
  mkdirSync(folder);
});
const inFolder = (name: string) => join(folder, name);
/** All files in the folder, including hidden ones. */
const contents = () => readdirSync(folder).sort();

describe('--output', () => {
  it.each([
    ['info', []],
    ['pages', []],
    ['usage', []],
    ['ps', []],
    ['dmesg', []],
    ['page', ['49152']],
    ['struct', ['page']],
    ['struct', ['init_task.comm']],
    ['symbols', ['s*']],
    ['layout', []],
    ['vmcoreinfo', []],
    ['vmcoreinfo', ['--raw']],
    ['segments', []],
    ['translate', ['0xffffffff91222000']],
  ])('has in a file what %s %j prints, and nothing on stdout', (command, operands) => {
    for (const json of [[], ['--json']]) {
      const args = [command, DUMP, ...operands, ...json];
      const printed = run(args);
      const written = run([...args, '--output', inFolder('result')]);
      expect(printed.stdout.length).toBeGreaterThan(50);
      expect({ ...written, stdout: readFileSync(inFolder('result'), 'utf8') }).toEqual(printed);
      expect(written.stdout).toBe('');
    }
    expect(contents()).toEqual(['result']);
  });

  it('can be -o, also before FILE', () => {
    expect(run(['vmcoreinfo', '-o', inFolder('a'), DUMP, '--get', 'PAGESIZE']).status).toBe(0);
    expect(readFileSync(inFolder('a'), 'utf8')).toBe('4096\n');
  });

  it('with - is stdout', () => {
    expect(run(['vmcoreinfo', DUMP, '--get', 'PAGESIZE', '-o', '-']).stdout).toBe('4096\n');
  });

  it('has colour in the file only with --color', () => {
    run(['pages', QUIET, '-o', inFolder('plain')]);
    run(['pages', QUIET, '-o', inFolder('bold'), '--color']);
    expect(readFileSync(inFolder('plain'), 'utf8')).not.toContain('\x1b');
    expect(readFileSync(inFolder('bold'), 'utf8')).toContain('\x1b[1m');
  });

  it('keeps the report of a dump that is incomplete, and its status', () => {
    const cut = inFolder('cut');
    writeFileSync(cut, readFileSync(DUMP).subarray(0, 0xc000000));
    const ran = run(['segments', cut, '--json', '-o', inFolder('result')]);
    expect(ran.status).toBe(3);
    expect(JSON.parse(readFileSync(inFolder('result'), 'utf8'))).toMatchObject({ complete: false });
  });

  it('keeps the report of translate on an address that leads nowhere, and its status', () => {
    const ran = run(['translate', DUMP, '0x0', '--json', '-o', inFolder('result')]);
    expect(ran.status).toBe(1);
    expect(readFileSync(inFolder('result'), 'utf8')).toContain('notMapped');
  });
});

describe('a file of --output', () => {
  it('has the permissions that the umask leaves', () => {
    shell(`umask 027; $KI pages ${QUIET} -o ${inFolder('new')}`);
    expect(statSync(inFolder('new')).mode & 0o777).toBe(0o640);
  });

  it('keeps the permissions that it had', () => {
    writeFileSync(inFolder('secret'), 'old');
    chmodSync(inFolder('secret'), 0o600);
    expect(run(['pages', QUIET, '-o', inFolder('secret')]).status).toBe(0);
    expect(statSync(inFolder('secret')).mode & 0o777).toBe(0o600);
    expect(readFileSync(inFolder('secret'), 'utf8')).toMatch(/^Linux 5\.10/);
  });

  it('is the target of a symbolic link; the link stays', () => {
    mkdirSync(inFolder('far'));
    writeFileSync(inFolder('far/real'), 'old');
    symlinkSync('far/real', inFolder('link'));
    expect(run(['pages', QUIET, '-o', inFolder('link')]).status).toBe(0);
    expect(readlinkSync(inFolder('link'))).toBe('far/real');
    expect(readFileSync(inFolder('far/real'), 'utf8')).toMatch(/^Linux 5\.10/);
    expect(readdirSync(inFolder('far'))).toEqual(['real']);
  });

  it('stays unchanged if the command fails', () => {
    writeFileSync(inFolder('result'), 'old');
    expect(run(['pages', process.execPath, '-o', inFolder('result')]).status).toBe(1);
    expect(run(['symbols', DUMP, 'no_such_name', '-o', inFolder('result')]).status).toBe(1);
    expect(readFileSync(inFolder('result'), 'utf8')).toBe('old');
    expect(contents()).toEqual(['result']);
  });

  it('is not created if the command fails', () => {
    expect(run(['pages', process.execPath, '-o', inFolder('result')]).status).toBe(1);
    expect(contents()).toEqual([]);
  });
});

describe('what --output refuses', () => {
  const before = statSync(DUMP);

  it('is the dump itself, by whatever name, and any other file that is read', () => {
    symlinkSync(DUMP, inFolder('link'));
    const copy = inFolder('part');
    writeFileSync(copy, 'a part');
    linkSync(copy, inFolder('hard'));
    const info = inFolder('info');
    writeFileSync(info, run(['vmcoreinfo', DUMP, '--raw']).stdout);
    for (const args of [
      ['pages', DUMP, '-o', DUMP],
      ['pages', DUMP, '-o', inFolder('link')],
      ['pages', DUMP, '--part', copy, '-o', inFolder('hard')],
      ['pages', DUMP, '--vmcoreinfo', info, '-o', info],
    ]) {
      const ran = run(args);
      expect(ran.stderr).toMatch(/^kdump-inspect: --output .*, and inputs are never written to\n/);
      expect([ran.status, ran.stdout]).toEqual([2, '']);
    }
    const after = statSync(DUMP);
    expect([after.ino, after.size, after.mtimeMs]).toEqual([before.ino, before.size, before.mtimeMs]);
    expect(contents()).toEqual(['hard', 'info', 'link', 'part']);
  });

  it.each([
    ['a folder', () => folder, 'it is a directory'],
    ['a folder that is not there', () => inFolder('none/'), 'it is a directory'],
    ['a file in a folder that is not there', () => inFolder('none/result'), 'no such folder'],
    ['a file in a file', () => `${DUMP}/result`, 'a part of the path is not a directory'],
    ['a link to nothing', () => inFolder('nowhere'), 'it is a dangling symbolic link'],
    ['links in a circle', () => inFolder('circle'), 'too many symbolic links'],
    ['a name that is too long', () => inFolder('x'.repeat(256)), 'the name is too long'],
    ['an open file that is none', () => '/dev/fd/777', 'it is not open for writing'],
    ['a full device', () => '/dev/full', 'no space left'],
    ['a file system that takes no files', () => '/proc/result', 'no such folder'],
  ])('with a sentence and status 1 is %s', (_, path, why) => {
    symlinkSync('none', inFolder('nowhere'));
    symlinkSync('circle', inFolder('circle'));
    const ran = run(['pages', QUIET, '-o', path()]);
    expect(ran.stderr).toBe(`kdump-inspect: --output ${path()}: cannot write the result: ${why}\n`);
    expect([ran.status, ran.stdout]).toEqual([1, '']);
    expect(contents()).toEqual(['circle', 'nowhere']);
  });

  it('is an empty name', () => {
    expect(run(['pages', QUIET, '-o', '']).status).toBe(2);
  });
});

describe('--output to something else than a file', () => {
  it('writes to it directly', () => {
    expect(run(['pages', QUIET, '-o', '/dev/null'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    const ran = shell(
      `mkfifo ${inFolder('fifo')}; $KI vmcoreinfo ${QUIET} --get PAGESIZE -o ${inFolder('fifo')} & cat ${inFolder('fifo')}`,
    );
    expect(ran.stdout).toBe('4096\n');
  });

  it('continues at the position of an open file of the shell', () => {
    const log = inFolder('log');
    for (const [path, redirection] of [
      ['/dev/stdout', '>>'],
      ['/dev/fd/3', '3>>'],
      ['/proc/self/fd/4', '4>>'],
    ]) {
      writeFileSync(log, 'before\n');
      shell(`$KI vmcoreinfo ${QUIET} --get PAGESIZE -o ${path} ${redirection} ${log}`);
      expect(readFileSync(log, 'utf8')).toBe('before\n4096\n');
    }
  });

  it('ends with status 0 after its reader has gone', () => {
    const ran = shell(
      `mkfifo ${inFolder('fifo')}; head -n 1 ${inFolder('fifo')} & $KI symbols ${DUMP} -o ${inFolder('fifo')}`,
    );
    expect([ran.status, ran.stderr, ran.stdout.split('\n').length]).toEqual([0, '', 2]);
  });
});

describe('a file that grows too large', () => {
  it('is an error with a sentence, and leaves nothing', () => {
    // In blocks of 512 bytes, and without a signal: like a disk that becomes full.
    const ran = shell(`ulimit -f 64; $KI symbols ${DUMP} -o ${inFolder('result')}`);
    expect(ran.stderr).toMatch(
      /^kdump-inspect: --output .*result: cannot write the result: the file would be larger than allowed\n$/,
    );
    expect(ran.status).toBe(1);
    expect(contents()).toEqual([]);
  });
});

describe('a signal', () => {
  const large = join(all, '256-gib.core');
  beforeAll(() => new SparseDump(256).write(large));

  /**
   * Sends a signal as soon as the program has opened the file for its result. Returns the signal that ended
   * it.
   */
  const kill = (signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') =>
    new Promise<string | null>((resolve) => {
      const child = spawn(process.execPath, [
        PROGRAM,
        'pages',
        large,
        '--jobs',
        '2',
        '-o',
        inFolder('result'),
      ]);
      const links = `/proc/${child.pid}/fd`;
      // If the file system cannot make files without a name, SIGKILL may come before the file is unlinked.
      const ready = signal === 'SIGKILL' ? ' (deleted)' : '';
      const isOpen = () =>
        existsSync(links) &&
        readdirSync(links).some((fd) => {
          try {
            const name = readlinkSync(`${links}/${fd}`);
            return name.startsWith(folder) && name.endsWith(ready);
          } catch {
            return false;
          }
        });
      const timer = setInterval(() => isOpen() && child.kill(signal), 5);
      child.on('close', (_, ended) => {
        clearInterval(timer);
        resolve(ended);
      });
    });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    '%s ends it, and nothing is left of the file',
    async (signal) => {
      expect(await kill(signal)).toBe(signal);
      expect(contents()).toEqual([]);
    },
  );
});
