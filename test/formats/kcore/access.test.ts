import fs, { type readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InspectError } from '../../../src/errors.ts';
import { kcoreHint, maskedKcore } from '../../../src/formats/kcore/access.ts';
import { openImage } from '../../../src/formats/open.ts';
import { failureOfAsync } from '../../builders/failure.ts';
import { refusal, replaceCalls } from '../../support/system-calls.ts';

/**
 * The error of every open, and what the system says about itself. A test cannot drop a capability or lock the
 * kernel.
 */
const system = { refusal: '', files: {} as Record<string, string> };

const LOCKDOWN = '/sys/kernel/security/lockdown';
const STATUS = '/proc/self/status';
/** The effective capabilities of root, with and without bit 17, and of an ordinary user. */
const ALL = 'Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n';
const WITHOUT_RAWIO = ALL.replace('CapEff:\t000001ffffffffff', 'CapEff:\t000001fffffdffff');
const NONE = ALL.replace('CapEff:\t000001ffffffffff', 'CapEff:\t0000000000000000');

let restore = () => {};
beforeEach(() => {
  system.refusal = '';
  system.files = {};
  restore = replaceCalls({
    openSync: () => {
      throw refusal(system.refusal, 'open');
    },
    readFileSync: ((path: string) => {
      const text = system.files[path];
      if (text === undefined) throw refusal('ENOENT', 'open');
      return text;
    }) as typeof readFileSync,
  });
});
afterEach(() => restore());

/** The hint for an open of /proc/kcore that fails with EPERM on such a system. */
async function hintWith(files: Record<string, string>): Promise<string | undefined> {
  system.refusal = 'EPERM';
  system.files = files;
  return (await failureOfAsync(openImage(['/proc/kcore']))).facts.hint;
}

describe('a /proc/kcore that cannot be opened', () => {
  it.each<[string, RegExp[]]>([
    ['ENOENT', [/CONFIG_PROC_KCORE/, /procfs is not mounted/]],
    ['EACCES', [/root/, /sudo/]],
    ['EPERM', [/CAP_SYS_RAWIO/, /lock/]],
  ])('is io, with a hint on what to do: %s', async (errno, hints) => {
    system.refusal = errno;
    const { kind, facts, message } = await failureOfAsync(openImage(['/proc/kcore']));
    expect([kind, facts.errno, facts.path]).toEqual(['io', errno, '/proc/kcore']);
    expect(message).toMatch(/^\/proc\/kcore: /);
    for (const hint of hints) expect(facts.hint).toMatch(hint);
  });

  it('has no hint if none is known', async () => {
    system.refusal = 'EMFILE';
    expect((await failureOfAsync(openImage(['/proc/kcore']))).facts.hint).toBeUndefined();
  });
});

describe('a /proc/kcore that the kernel does not permit', () => {
  it('is forbidden for everyone if the kernel is locked down to confidentiality, with any capability', async () => {
    for (const status of [ALL, NONE]) {
      const hint = await hintWith({ [LOCKDOWN]: 'none integrity [confidentiality]\n', [STATUS]: status });
      expect(hint).toContain('lockdown=confidentiality');
      expect(hint).not.toContain('CAP_SYS_RAWIO');
    }
  });

  it.each([
    ['no lockdown', '[none] integrity confidentiality\n'],
    ['a lockdown to integrity, which allows it', 'none [integrity] confidentiality\n'],
  ])('is forbidden without CAP_SYS_RAWIO, with %s', async (_, lockdown) => {
    for (const status of [WITHOUT_RAWIO, NONE]) {
      const hint = await hintWith({ [LOCKDOWN]: lockdown, [STATUS]: status });
      expect(hint).toContain('lacks the capability CAP_SYS_RAWIO');
      expect(hint).not.toContain('lockdown');
    }
  });

  it('has both causes in its hint if the capability is there, or nothing is known', async () => {
    for (const status of [ALL, 'CapEff:\tnone\n']) {
      expect(await hintWith({ [STATUS]: status })).toMatch(/CAP_SYS_RAWIO.*lockdown/);
    }
  });
});

describe('a /proc/kcore in a user namespace', () => {
  const UID_MAP = '/proc/self/uid_map';
  it.each(['EACCES', 'EPERM'])('is not for its root: %s', async (errno) => {
    for (const map of [
      '         0       1000          1\n         1     100000      65536\n',
      '0 0 65536\n',
    ]) {
      system.refusal = errno;
      system.files = { [STATUS]: ALL, [UID_MAP]: map };
      const { facts } = await failureOfAsync(openImage(['/proc/kcore']));
      expect(facts.hint).toMatch(/user namespace.*on the host$/);
    }
  });

  it('is for root if that is the first one', async () => {
    const hint = await hintWith({ [STATUS]: NONE, [UID_MAP]: '         0          0 4294967295\n' });
    expect(hint).toContain('lacks the capability CAP_SYS_RAWIO');
  });
});

describe('a /proc/kcore over which a container runtime has mounted another file', () => {
  const original = { ...fs };
  it.each([
    ['/dev/null', '/dev/null'],
    ['an empty file', '/proc/version'],
  ])('is masked, not a bad dump: %s', async (_, other) => {
    restore();
    const empty = other === '/proc/version';
    restore = replaceCalls({
      openSync: ((path: string, flags: number) =>
        original.openSync(path === '/proc/kcore' ? other : path, flags)) as typeof fs.openSync,
      statfsSync: (() => original.statfsSync('/dev')) as unknown as typeof fs.statfsSync,
      ...(empty ? { readSync: () => 0 } : {}),
    });
    const { kind, message, facts } = await failureOfAsync(openImage(['/proc/kcore']));
    expect([kind, facts.path, facts.errno]).toEqual(['io', '/proc/kcore', undefined]);
    expect(message).toMatch(/^\/proc\/kcore: it is masked/);
    expect(facts.hint).toMatch(/on the host.*--privileged, .*--security-opt/);
  });

  it('is different from one that may not be opened', async () => {
    const refused = new InspectError('io', '/proc/kcore: not permitted', { errno: 'EPERM' });
    expect(maskedKcore(refused, '/dev/null')).toBeUndefined();
    const broken = new InspectError('corrupt', '/proc/kcore: ELF: broken');
    expect(maskedKcore(broken, '/proc/version')).toBeUndefined();
  });
});

describe('another file that cannot be opened', () => {
  it.each(['ENOENT', 'EACCES', 'EPERM'])('has no hint about /proc/kcore: %s', async (errno) => {
    system.refusal = errno;
    const { facts } = await failureOfAsync(openImage(['vmcore']));
    expect(facts.errno).toBe(errno);
    expect(facts.hint ?? '').not.toMatch(/kcore|CAP_|lockdown/);
  });
});

describe('a failure without a system error', () => {
  it('has no hint', () => {
    const broken = new InspectError('corrupt', '/proc/kcore: ELF: broken');
    expect(kcoreHint(broken, { lockdown: '', status: NONE, uidMap: '' })).toBeUndefined();
  });
});
