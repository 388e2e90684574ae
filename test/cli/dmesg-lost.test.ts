import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runOnDump } from '../../src/cli/command/run-command.ts';
import { dmesg } from '../../src/cli/declarations/dmesg.ts';
import type { BuiltKernel } from '../builders/kernel.ts';
import { writeKernel } from '../builders/kernel-file.ts';
import { BuiltBuffer, type Logged } from '../builders/log-buffer.ts';
import { BuiltRing, type Print, type RingPlan, STATE } from '../builders/log-ring.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';
import { runMain } from '../support/run-main.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-dmesg-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'core');

/** Runs dmesg on a dump of a built kernel. Returns the lines of records and of warnings. */
async function dmesgOf(built: BuiltKernel, ...options: string[]) {
  writeKernel(built, path);
  const { status, stdout, stderr } = await runMain(['dmesg', path, ...options]);
  const texts = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(/^\[.*?\] (\[.*?\] )?/, ''));
  const said = stderr
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace('kdump-inspect: ', ''));
  return { status, texts, said };
}

function ring(prints: readonly (Print | string)[], plan: RingPlan = {}): BuiltKernel {
  const built = new BuiltRing(plan);
  for (const print of prints) built.print(typeof print === 'string' ? { text: print } : print);
  return built.kernel();
}

/** A record that contradicts itself: its text would be longer than its block. */
const DAMAGED: Print = { text: 'lost', text_len: 999 };
/** As in a buffer of Linux 3.5 to 5.9, where each record says where the next one is. */
const buffer = (...logged: readonly Logged[]) => new BuiltBuffer({}, logged).kernel();

describe('records that are lost', () => {
  it('get a warning each up to a limit, and further ones are counted', async () => {
    const prints = Array.from({ length: 11 }, (_, i) => [DAMAGED, `text ${i}`]).flat();
    const { status, texts, said } = await dmesgOf(ring(prints));
    expect(status).toBe(3);
    expect(texts).toEqual(Array.from({ length: 11 }, (_, i) => `text ${i}`));
    const reason = 'its text_len is 999, but its block has 8 bytes';
    expect(said).toEqual([
      ...Array.from({ length: 8 }, (_, i) => `warning: record ${2 * i} is missing: ${reason}`),
      'warning: and 3 more places in the log where records are missing',
    ]);
  });

  it('are not those that were never written, which do not make a dump incomplete', async () => {
    const { status, texts, said } = await dmesgOf(
      ring(['before', { text: 'unfinished', state: STATE.reserved }, { dataLess: 1n }, 'after']),
    );
    expect([status, texts]).toEqual([0, ['before', 'after']]);
    expect(said).toEqual(['warning: 2 records from 1 on are without a text: its writer had not finished it']);
  });

  it('are the rest of a log if records point to each other, and the command fails if that is all', async () => {
    const bad = { text: 'bad', len: 8 };
    const reason = (at: number) => `the record at ${at} has a length of 8, but needs 19`;
    expect(await dmesgOf(buffer({ text: 'first' }, bad, { text: 'never reached' }))).toEqual({
      ...{ status: 3, texts: ['first'], said: [`warning: the rest of the log is missing: ${reason(24)}`] },
    });
    expect(await dmesgOf(buffer(bad, { text: 'never reached' }))).toEqual({
      ...{ status: 1, texts: [], said: [`warning: the rest of the log is missing: ${reason(0)}`] },
    });
  });
});

describe('dmesg --panic', () => {
  const OOPS = [
    'BUG: kernel NULL pointer dereference, address: 0',
    'Oops: 0002 [#1] SMP',
    '---[ end trace 0 ]---',
  ];
  const LATER: Print = { text: 'usb 1-1: new device', ts_nsec: 9_000_000_000n };

  it('shows exactly the oops that caused the dump', async () => {
    const { status, texts, said } = await dmesgOf(ring(['before', ...OOPS, LATER]), '--panic');
    expect({ status, texts, said }).toEqual({ status: 0, texts: OOPS, said: [] });
  });

  it('warns only of lost records inside it', async () => {
    const [bug = '', ...rest] = OOPS;
    const outside = [DAMAGED, bug, ...rest, LATER, DAMAGED];
    expect(await dmesgOf(ring(outside), '--panic')).toEqual({ status: 0, texts: OOPS, said: [] });
    const inside = await dmesgOf(ring([bug, DAMAGED, ...rest, LATER]), '--panic');
    expect([inside.status, inside.texts]).toEqual([3, OOPS]);
    expect(inside.said).toEqual([expect.stringMatching(/^warning: record 1 is missing: /)]);
  });

  it('continues to the end of the log after a panic, even if the rest of the log is lost', async () => {
    const panic = { text: 'Kernel panic - not syncing: x' };
    const ran = await dmesgOf(buffer({ text: 'before' }, panic, { text: 'bad', len: 8 }), '--panic');
    expect([ran.status, ran.texts]).toEqual([3, [panic.text]]);
    expect(ran.said).toEqual([expect.stringMatching(/^warning: the rest of the log is missing: /)]);
  });

  it('does not claim that there was none if records are lost', async () => {
    const [whole, part] = [ring(['quiet']), ring(['quiet', DAMAGED])];
    expect((await dmesgOf(whole, '--panic')).said[0]).toBe(
      `${path}: there is no panic and no oops in the kernel log`,
    );
    expect((await dmesgOf(part, '--panic')).said[0]).toBe(
      `${path}: there is no panic and no oops in the part of the kernel log that the dump has`,
    );
  });
});

describe('dmesg --level', () => {
  it('is refused if the records have no level, because it would hide all of them', async () => {
    const keys = { 'OFFSET(printk_info.caller_id)': '24' };
    const levelless = ring(['text'], { keys });
    expect((await dmesgOf(levelless)).texts).toEqual(['text']);
    const { status, texts, said } = await dmesgOf(levelless, '--level', 'err');
    expect({ status, texts, said }).toEqual({
      ...{ status: 1, texts: [], said: [`${path}: the records of this kernel log have no level`] },
    });
  });
});

describe('dmesg on a terminal', () => {
  it('prints no control character of the log, not even tabs', async () => {
    writeKernel(ring(['a\tb\x1b[2J']), path);
    const terminal = fakeTerminal('stdout');
    try {
      expect(await runOnDump(dmesg, [path], { color: 'never' })).toBe(0);
    } finally {
      terminal.release();
    }
    expect(terminal.text()).toMatch(/^\[ {4}0\.000000\] \[ {6}T1\] a {5}b\\x1b\[2J\n$/);
  });
});
