import fs, { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dumpOf } from '../../support/fixture.ts';
import { runMain } from '../../support/run-main.ts';
import { replaceCalls } from '../../support/system-calls.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-open-'));
afterAll(() => rmSync(folder, { recursive: true }));
const log = join(folder, 'log');

describe('a result that does not go to a file', () => {
  const ask = (to: string) => runMain(['vmcoreinfo', dumpOf('linux-5.10'), '--get', 'PAGESIZE', '-o', to]);

  it('is stdout, by its name in /dev', async () => {
    expect(await ask('/dev/stdout')).toEqual({ status: 0, stdout: '4096\n', stderr: '' });
  });

  it('continues at the position of an open file, which stays open', async () => {
    const fd = openSync(log, 'w');
    writeSync(fd, 'before\n');
    expect(await ask(`/dev/fd/${fd}`)).toEqual({ status: 0, stdout: '', stderr: '' });
    writeSync(fd, 'after\n');
    closeSync(fd);
    expect(readFileSync(log, 'utf8')).toBe('before\n4096\nafter\n');
  });

  it('is written to a device, which is closed afterwards', async () => {
    const opened: number[] = [];
    const closed: number[] = [];
    const { openSync: opens, closeSync: closes } = fs;
    const restore = replaceCalls({
      openSync: ((path: string, flags: number) => {
        const fd = opens(path, flags);
        if (path === '/dev/null' && flags === fs.constants.O_WRONLY) opened.push(fd);
        return fd;
      }) as typeof opens,
      closeSync: (fd) => {
        closed.push(fd);
        closes(fd);
      },
    });
    try {
      expect(await ask('/dev/null')).toEqual({ status: 0, stdout: '', stderr: '' });
    } finally {
      restore();
    }
    expect(opened).toHaveLength(1);
    expect(closed).toContain(opened[0]);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});
