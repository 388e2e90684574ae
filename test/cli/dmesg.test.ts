import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fixtureNames } from '../../fixtures/expand.ts';
import type { LogRow } from '../../src/report/dmesg-report.ts';
import { dumpOf } from '../support/fixture.ts';
import { type Ran, shell } from '../support/run.ts';
import { runMain } from '../support/run-main.ts';
import { violations } from '../support/schema.ts';

const NUMA = dumpOf('linux-6.12-numa');
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * What `makedumpfile --dump-dmesg` wrote for the dump; for QEMU's file, with its segments at the kernel's
 * addresses.
 */
function logOf(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../fixtures/${name}.dmesg`, import.meta.url)), 'utf8');
}

function rowsOf(ran: Ran): LogRow[] {
  const rows = ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogRow);
  expect(rows.slice(0, 50).flatMap((row) => violations('dmesg', row))).toEqual([]);
  return rows;
}

/** A row as makedumpfile would write it, for text without special characters. */
function lineOf({ time, caller, text }: LogRow): string {
  const micro = BigInt(time ?? 0) / 1000n;
  const seconds = `${String(micro / 1_000_000n).padStart(5)}.${String(micro % 1_000_000n).padStart(6, '0')}`;
  const prefix = `[${seconds}] [${(caller ?? '').padStart(8)}] `;
  return `${prefix}${(text ?? '').replaceAll('\n', `\n${' '.repeat(prefix.length)}`)}\n`;
}

/** This fixture has no file with the log. */
const WITHOUT_LOG = 'qemu-6.12-paging';

describe.each(fixtureNames().filter((name) => name !== WITHOUT_LOG))('the log of %s', (name) => {
  it('is what makedumpfile writes, line by line', async () => {
    const ran = await runMain(['dmesg', dumpOf(name)]);
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
    expect(ran.stdout.split('\n')).toEqual(logOf(name).split('\n'));
  });

  it('is the same in JSON, one object per record, numbered from the first', async () => {
    const rows = rowsOf(await runMain(['dmesg', dumpOf(name), '--json']));
    expect(rows.map(lineOf).join('')).toBe(logOf(name));
    expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, i) => i));
    expect(rows.every(({ complete, missing }) => complete && !missing)).toBe(true);
  });
});

describe('the records', async () => {
  const rows = rowsOf(await runMain(['dmesg', NUMA, '--json']));
  const saying = (text: RegExp) => rows.find((row) => text.test(row.text ?? ''));

  it('have the level and facility of the kernel source', () => {
    expect(saying(/^Linux version/)).toMatchObject({ level: 'notice', facility: 'kern', sequence: 0 });
    expect(saying(/^Kernel panic - not syncing/)).toMatchObject({ level: 'emerg', caller: 'T1' });
    expect(saying(/^WARNING: CPU: 1/)).toMatchObject({ level: 'warn', caller: 'T0' });
    expect(saying(/^sysrq: Trigger a crash/)).toMatchObject({ level: 'info' });
  });

  it('have the device that they concern', () => {
    expect(saying(/^pci 0000:00:01.1: BAR 4/)?.device).toEqual({
      subsystem: 'pci',
      device: '+pci:0000:00:01.1',
    });
    expect(saying(/^virtio_blk virtio0: \[vda\]/)?.device).toEqual({
      subsystem: 'virtio',
      device: '+virtio:virtio0',
    });
    expect(saying(/^Linux version/)?.device).toBeNull();
  });
});

describe('options choose records', async () => {
  const rows = rowsOf(await runMain(['dmesg', NUMA, '--json']));
  const chosen = async (...options: string[]) => (await runMain(['dmesg', NUMA, ...options])).stdout;

  it.each([
    ['warn', ['warn']],
    ['3,6', ['err', 'info']],
    ['warn+', ['emerg', 'alert', 'crit', 'err', 'warn']],
    ['+notice', ['notice', 'info', 'debug']],
    ['emerg,+info', ['emerg', 'info', 'debug']],
    ['warning', ['warn']],
  ])('--level %s', async (levels, names) => {
    const expected = rows.filter(({ level }) => names.includes(level ?? ''));
    expect(expected.length).toBeGreaterThan(0);
    expect(await chosen('--level', levels)).toBe(expected.map(lineOf).join(''));
  });

  it('--since, in seconds since boot, inclusive', async () => {
    const from = rows.findIndex(({ text }) => text?.startsWith('sysrq: Trigger'));
    const time = Number(rows[from]?.time);
    const seconds = `${Math.floor(time / 1e9)}.${String(time % 1e9).padStart(9, '0')}`;
    expect(await chosen('--since', seconds)).toBe(rows.slice(from).map(lineOf).join(''));
    expect(await chosen('--since', '13')).toBe(rows.slice(from).map(lineOf).join(''));
    expect(await chosen('--since', '14')).toBe('');
  });

  it.each([1, 2, 7, 464, 5000])('--last %i', async (count) => {
    expect(await chosen('--last', `${count}`)).toBe(rows.slice(-count).map(lineOf).join(''));
  });

  it('--last applies after the other options', async () => {
    const warnings = rows.filter(({ level }) => level === 'warn');
    expect(await chosen('--level', 'warn', '--last', '3')).toBe(warnings.slice(-3).map(lineOf).join(''));
  });

  it.each([
    [['--level', 'loud'], /a list of emerg, alert/],
    [['--level', '8'], /a list of emerg, alert/],
    [['--level', '+err+'], /a list of emerg, alert/],
    [['--level', ''], /a list of emerg, alert/],
    [['--since', 'yesterday'], /seconds since boot/],
    [['--since', '-1'], /seconds since boot/],
    [['--last', '0'], /a number of 1 or more/],
    [['--last', '1.5'], /a number of 1 or more/],
  ])('and %j is wrong usage', async (options, message) => {
    const ran = await runMain(['dmesg', NUMA, ...options]);
    expect(ran.stderr).toMatch(message);
    expect(ran.status).toBe(2);
    expect(ran.stdout).toBe('');
  });
});

describe('dmesg --panic', () => {
  it.each(['linux-5.10', 'linux-6.1', 'linux-6.12-numa', 'linux-6.12-hwpoison', 'linux-7.3-5level'])(
    'shows the lines from the trigger of the crash to the end: %s',
    async (name) => {
      const lines = logOf(name).split('\n');
      const ran = await runMain(['dmesg', dumpOf(name), '--panic']);
      const trigger = lines.findIndex((line) => line.endsWith('sysrq: Trigger a crash'));
      expect(ran.stdout.split('\n')).toEqual(lines.slice(trigger));
      expect(ran.stdout).toContain('Kernel panic - not syncing: sysrq triggered crash');
      expect(ran.status).toBe(0);
    },
  );

  it('says that a kernel that did not crash has no panic', async () => {
    const ran = await runMain(['dmesg', dumpOf('qemu-6.1'), '--panic']);
    expect(ran.stderr).toMatch(/qemu-6\.1\.elf: there is no panic and no oops in the kernel log\n/);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toBe('');
  });

  it('works with JSON, and with other options', async () => {
    const rows = rowsOf(await runMain(['dmesg', NUMA, '--panic', '--level', 'emerg', '--json']));
    expect(rows.map(({ text }) => text)).toEqual(['Kernel panic - not syncing: sysrq triggered crash']);
  });
});

describe('a dump whose log is damaged in one place', () => {
  const path = join(folder, 'damaged.elf');
  const text = 'sysrq: Trigger a crash';
  const file = readFileSync(NUMA);
  // A physical page can be both in the segment of the image and in that of its memory.
  for (let at = file.indexOf(text); at >= 0; at = file.indexOf(text, at + 1)) file.fill(0x55, at - 8, at);
  writeFileSync(path, file);
  const lines = logOf('linux-6.12-numa').split('\n');
  const rest = lines.filter((line) => !line.endsWith(text)).join('\n');
  // Further lines of a record are indented.
  const before = lines.slice(
    0,
    lines.findIndex((line) => line.endsWith(text)),
  );
  const number = before.filter((line) => line.startsWith('[')).length;

  it('has everything else, says what is missing, and ends with status 3', async () => {
    const ran = await runMain(['dmesg', path]);
    expect(ran.stdout).toBe(rest);
    expect(ran.stderr).toContain(`warning: record ${number} is missing: its text block has the id `);
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(ran.status).toBe(3);
  });

  it('says so in JSON in a separate line, which is not complete', async () => {
    const ran = await runMain(['dmesg', path, '--json', '--quiet']);
    const rows = rowsOf(ran);
    const bad = rows.slice(0, -1).filter(({ complete }) => !complete);
    expect(bad.flatMap((row) => violations('dmesg', row))).toEqual([]);
    expect(bad).toMatchObject([{ sequence: number, text: null, missing: { records: 1, cause: 'damaged' } }]);
    // The last line is about the whole log.
    const last = rows.at(-1);
    expect(last).toMatchObject({
      complete: false,
      warnings: [expect.stringMatching(/^record \d+ is missing/)],
    });
    expect(violations('dmesg', last)).toEqual([]);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toBe('');
  });

  it('still has its panic', async () => {
    const ran = await runMain(['dmesg', path, '--panic']);
    expect(ran.stdout).toMatch(
      /^\[ {3}13\.660278\] \[ {6}T1\] Kernel panic - not syncing: sysrq triggered crash\n/,
    );
  });
});

describe('a truncated dump', () => {
  const cutAt = async (bytes: number) => {
    const path = join(folder, 'cut.elf');
    writeFileSync(path, readFileSync(NUMA).subarray(0, bytes));
    return await runMain(['dmesg', path]);
  };

  it('still has its log if that is before the end of the file', async () => {
    const ran = await cutAt(0xc000000);
    expect(ran.stdout).toBe(logOf('linux-6.12-numa'));
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
  });

  it('fails if no record is left', async () => {
    const ran = await cutAt(0x3000000);
    expect(ran.stderr).toMatch(
      /warning: 465 records from 0 on are missing: .* past the end of the truncated file/,
    );
    expect(ran.stdout).toBe('');
    expect(ran.status).toBe(1);
  });
});

describe('dmesg in a pipe', () => {
  it('can be closed early', () => {
    const ran = shell(`$KI dmesg ${NUMA} --json | head -n 2`);
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(ran.stderr).toBe('');
  });
});

describe('a wrong VMCOREINFO', async () => {
  const raw = (await runMain(['vmcoreinfo', NUMA, '--raw'])).stdout;
  const withNote = async (change: (text: string) => string) => {
    const note = join(folder, 'note');
    writeFileSync(note, change(raw));
    return await runMain(['dmesg', NUMA, '--vmcoreinfo', note]);
  };

  it.each([
    [
      'SYMBOL(prb)',
      'ffffffff00000000',
      /the kernel's log buffer: virtual address 0xffffffff00000000 is not mapped/,
    ],
    ['OFFSET(prb_desc_ring.count_bits)', '8', /count_bits is \d+, but no kernel has more than 26/],
    ['SIZE(printk_info)', '1099511627776', /SIZE\(printk_info\) is 1099511627776, but must be 1 to 1024/],
    ['OFFSET(printk_ringbuffer.text_data_ring)', '-1', /OFFSET\(printk_ringbuffer.text_data_ring\) is "-1"/],
  ])('about %s ends with a sentence', async (key, value, message) => {
    const ran = await withNote((text) => text.replace(`\n${key}=`, `\n${key}=${value}\nNOTE=`));
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toContain('internal error');
    expect(ran.status).toBe(1);
    expect(ran.stdout).toBe('');
  });

  it('is named if it says nothing about the log', async () => {
    const ran = await withNote((text) => text.replace(/^SYMBOL\((prb|printk_rb_static)\)=.*\n/gm, ''));
    expect(ran.stderr).toContain('VMCOREINFO has no SYMBOL(prb): the kernel log cannot be found');
    expect(ran.status).toBe(1);
  });
});
