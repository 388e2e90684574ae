import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runOnDump } from '../../src/cli/command/run-command.ts';
import { page } from '../../src/cli/declarations/page.ts';
import { pages } from '../../src/cli/declarations/pages.ts';
import { segments } from '../../src/cli/declarations/segments.ts';
import { struct } from '../../src/cli/declarations/struct.ts';
import { vmcoreinfo } from '../../src/cli/declarations/vmcoreinfo.ts';
import { parsePage } from '../../src/cli/options/parsers.ts';
import type { ErrorFacts, ErrorKind } from '../../src/errors.ts';
import { failureOfAsync } from '../builders/failure.ts';
import { faultyDisk } from '../support/faulty-disk.ts';
import { dumpOf } from '../support/fixture.ts';
import { onlyError } from '../support/only-error.ts';
import { runMain } from '../support/run-main.ts';
import { replaceCalls } from '../support/system-calls.ts';

const DUMP = dumpOf('linux-6.12-numa');
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-kinds-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, contents: string): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

const none = join(folder, 'none');
const text = file('text', 'hello, world, this is no dump\n');
const cut = file('kdump', 'KDUMP   '.padEnd(64, '\0'));

interface Case {
  readonly kind: ErrorKind;
  readonly what: string;
  /** Runs the command, which rejects. */
  readonly ask: () => Promise<number>;
  readonly args: readonly string[];
  readonly facts: Partial<Record<keyof ErrorFacts, unknown>>;
  /** If the machine is at fault: makes it fail until the returned function is called. */
  readonly fault?: () => () => void;
}

/** Lets every read of a file run out of memory. */
const withoutMemory = () =>
  replaceCalls({ readSync: (() => new ArrayBuffer(Number.MAX_SAFE_INTEGER)) as () => never });

const CASES: readonly Case[] = [
  {
    kind: 'io',
    what: 'a file that is not there',
    ask: () => runOnDump(pages, [none], {}),
    args: ['pages', none],
    facts: { path: none, errno: 'ENOENT' },
  },
  {
    kind: 'io',
    what: 'a result that cannot be written',
    ask: () => runOnDump(segments, [DUMP], { output: join(none, 'result') }),
    args: ['segments', DUMP, '--output', join(none, 'result')],
    facts: { path: join(none, 'result'), errno: 'ENOENT' },
  },
  {
    kind: 'io',
    what: 'a VMCOREINFO that is not there',
    ask: () => runOnDump(pages, [DUMP], { vmcoreinfo: none }),
    args: ['pages', DUMP, '--vmcoreinfo', none],
    facts: { path: none, errno: 'ENOENT' },
  },
  {
    kind: 'unsupported',
    what: 'a file that is not a dump',
    ask: () => runOnDump(pages, [text], {}),
    args: ['pages', text],
    facts: { path: text, offset: 0, hint: expect.stringContaining('--format raw') },
  },
  {
    kind: 'corrupt',
    what: 'a header that ends too early',
    ask: () => runOnDump(pages, [cut], {}),
    args: ['pages', cut],
    facts: { path: cut, offset: expect.anything() },
  },
  {
    kind: 'notStored',
    what: 'a page that is not in the dump',
    ask: () => runOnDump(page, [DUMP], { at: { pfn: 0x4000 } }),
    args: ['page', DUMP, '16384'],
    facts: { path: DUMP, address: 0x400_0000n },
  },
  {
    kind: 'notMapped',
    what: 'an address that is not mapped',
    ask: () => runOnDump(page, [DUMP], { at: parsePage(['0xffff999900000000']) }),
    args: ['page', DUMP, '0xffff999900000000'],
    facts: { path: DUMP, address: 0xffff_9999_0000_0000n },
  },
  {
    kind: 'missingInfo',
    what: 'a key that VMCOREINFO does not have',
    ask: () => runOnDump(vmcoreinfo, [DUMP], { get: 'init_top_pgt' }),
    args: ['vmcoreinfo', DUMP, '--get', 'init_top_pgt'],
    facts: { path: DUMP, key: 'init_top_pgt', hint: 'did you mean SYMBOL(init_top_pgt)?' },
  },
  {
    kind: 'missingInfo',
    what: 'a type that the kernel does not have',
    ask: () => runOnDump(struct, [DUMP], { subject: 'no_such_type' }),
    args: ['struct', DUMP, 'no_such_type'],
    facts: { path: DUMP },
  },
  {
    kind: 'memory',
    what: 'a read that gets no memory',
    ask: () => runOnDump(pages, [DUMP], {}),
    args: ['pages', DUMP],
    facts: { path: DUMP, hint: expect.stringContaining('ulimit -v') },
    fault: withoutMemory,
  },
  {
    kind: 'usage',
    what: 'two files that are not parts of one dump',
    ask: () => runOnDump(pages, [DUMP, DUMP], {}),
    args: ['pages', DUMP, DUMP],
    facts: {},
  },
  {
    kind: 'usage',
    what: 'a result that would replace the dump',
    ask: () => runOnDump(pages, [DUMP], { output: DUMP }),
    args: ['pages', DUMP, '--output', DUMP],
    facts: { path: DUMP },
  },
];

describe.each(CASES)('$kind: $what', ({ kind, ask, args, facts, fault = () => () => {} }) => {
  let release = () => {};
  beforeEach(() => {
    release = fault();
  });
  afterEach(() => release());

  it('has its facts', async () => {
    const error = await failureOfAsync(ask());
    expect([error.kind, error.name]).toEqual([kind, 'InspectError']);
    expect(error.facts).toMatchObject(facts);
  });

  it('ends the program with its status, its sentence and its hint on stderr', async () => {
    const { message, facts: all } = await failureOfAsync(ask());
    const ran = await runMain(args);
    const hint = all.hint === undefined ? '' : `  ${all.hint}\n`;
    expect(ran.stderr).toBe(`kdump-inspect: ${message}\n${hint}`);
    expect([ran.status, ran.stdout]).toEqual([kind === 'usage' ? 2 : 1, '']);
  });

  it('is one object of its schema on stderr with --json, and nothing else', async () => {
    const { message, facts: all } = await failureOfAsync(ask());
    const ran = await runMain([...args, '--json']);
    const { error, ...rest } = onlyError(ran);
    expect(rest).toEqual({ schema: 'kdump-inspect/error/1' });
    expect(error).toMatchObject({ kind, message, ...plain(all) });
    expect([ran.status, ran.stdout]).toEqual([kind === 'usage' ? 2 : 1, '']);
  });
});

/** The facts of an error as JSON has them. */
function plain({ cause: _, offset, address, ...rest }: ErrorFacts) {
  const hex = (name: string, value?: number | bigint) =>
    value === undefined ? {} : { [name]: `0x${value.toString(16)}` };
  return { ...rest, ...hex('offset', offset), ...hex('address', address) };
}

describe('the kinds', () => {
  it('are all there', () => {
    const kinds: Record<ErrorKind, true> = {
      ...{ io: true, unsupported: true, corrupt: true, notStored: true },
      ...{ notMapped: true, missingInfo: true, memory: true, usage: true },
    };
    expect([...new Set(CASES.map(({ kind }) => kind))].sort()).toEqual(Object.keys(kinds).sort());
  });
});

describe('a read that fails', () => {
  it('is io with its offset and its cause, whatever it was for', async () => {
    const { release } = faultyDisk(DUMP, { gone: 0 });
    try {
      const { kind, facts, cause } = await failureOfAsync(runOnDump(pages, [DUMP], {}));
      expect(kind).toBe('io');
      expect(facts).toMatchObject({ path: DUMP, offset: 0, errno: 'EIO' });
      expect(cause).toMatchObject({ code: 'EIO' });
    } finally {
      release();
    }
  });
});
