import fs, {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findTarget } from '../../../src/cli/output/output-target.ts';
import { failureOf } from '../../builders/failure.ts';
import { replaceCalls } from '../../support/system-calls.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-target-'));
afterAll(() => rmSync(folder, { recursive: true }));
const inFolder = (name: string) => join(folder, name);

function fileAt(name: string): string {
  writeFileSync(inFolder(name), name);
  return inFolder(name);
}

function linkAt(name: string, to: string): string {
  symlinkSync(to, inFolder(name));
  return inFolder(name);
}

/** What is found if the system says that a path is something that a test cannot create. */
function findAs(path: string, stat: Partial<Stats>, call: 'statSync' | 'lstatSync' = 'statSync') {
  const real = fs[call];
  const replaced = (of: string, options?: object) =>
    of === path ? Object.assign(real(of, options), stat) : real(of, options);
  const restore = replaceCalls({ [call]: replaced });
  try {
    return failureOf(() => findTarget(inFolder('asked'), []));
  } finally {
    restore();
  }
}

describe('what --output names', () => {
  it('is a new file if nothing is there', () => {
    expect(findTarget(inFolder('new'), [])).toEqual({ kind: 'file', path: inFolder('new') });
  });

  it('is the existing file, also after any number of links', () => {
    const real = fileAt('real');
    const before = expect.objectContaining({ ino: statSync(real).ino });
    let link = real;
    for (let i = 0; i < 7; i++) {
      expect(findTarget(link, [])).toEqual({ kind: 'file', path: real, before });
      link = linkAt(`link-${i}`, link);
    }
  });

  it.each(['/dev/null', '/dev/zero'])('is a device: %s', (path) => {
    expect(findTarget(path, [])).toEqual({ kind: 'device' });
  });

  it('is an open file of this process, by each of its names and links to them', () => {
    const fd = openSync('/dev/null', 'w');
    try {
      for (const name of [`/dev/fd/${fd}`, `/proc/self/fd/${fd}`, linkAt('to-fd', `/dev/fd/${fd}`)])
        expect(findTarget(name, [])).toEqual({ kind: 'descriptor', fd });
      expect(findTarget('/dev/stdout', [])).toEqual({ kind: 'descriptor', fd: 1 });
    } finally {
      closeSync(fd);
    }
  });
});

describe('what --output refuses', () => {
  it('is a folder, also one that does not exist', () => {
    mkdirSync(inFolder('folder'));
    for (const name of ['folder', 'none/']) {
      const { kind, facts, message } = failureOf(() => findTarget(inFolder(name), []));
      expect([kind, facts.errno]).toEqual(['io', 'EISDIR']);
      expect(message).toMatch(/ cannot write the result: it is a directory$/);
    }
  });

  it('is a dangling link, which would create a file wherever its owner wants it', () => {
    const path = linkAt('nowhere', 'none');
    const { kind, facts, message } = failureOf(() => findTarget(path, []));
    expect([kind, facts]).toEqual(['io', { path }]);
    expect(message).toMatch(/it is a dangling symbolic link$/);
  });

  it('is a disk', () => {
    const found = findAs(fileAt('asked'), { isBlockDevice: () => true });
    expect(found.message).toMatch(
      /asked: cannot write the result: it is a disk, and what is on it would be lost$/,
    );
  });

  it('is a link that changes meanwhile', () => {
    rmSync(inFolder('asked'));
    linkAt('asked', fileAt('first'));
    for (const other of [{ ino: 1 }, { dev: 1 }])
      expect(findAs(inFolder('first'), other, 'lstatSync').message).toMatch(
        /its symbolic links are changing$/,
      );
  });

  it('is an input, by its own name and by any other', () => {
    const [input, other] = [fileAt('input'), fileAt('other')];
    const inputs = [inFolder('none'), other, input];
    linkSync(input, inFolder('hard'));
    for (const [path, what] of [
      [input, 'this file is'],
      [inFolder('hard'), `this is ${input},`],
      [linkAt('soft', input), `this is ${input},`],
    ] as const) {
      const { kind, message } = failureOf(() => findTarget(path, inputs));
      expect(kind).toBe('usage');
      expect(message).toBe(`--output ${path}: ${what} an input, and inputs are never written to`);
    }
  });
});
