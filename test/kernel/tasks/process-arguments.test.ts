import { describe, expect, test } from 'vitest';
import { type Arguments, argumentReader } from '../../../src/kernel/tasks/process-arguments.ts';
import { listTasks } from '../../../src/kernel/tasks/task-listing.ts';
import { BuiltProcess } from '../../builders/process-memory.ts';
import { TaskKernel } from '../../builders/task-kernel.ts';

const KTHREAD = 0x20_0000;
const PAGE = 4096;
const PRESENT = 1n;
const PROTNONE = 1n << 8n;
const ADDRESS = 0x000f_ffff_ffff_f000n;

/** A kernel with a process, a thread of it, a thread of the kernel that uses its memory, and one without. */
function processWith(): {
  readonly kernel: TaskKernel;
  readonly process: BuiltProcess;
  readonly start: bigint;
} {
  const kernel = new TaskKernel({
    tasks: [{ pid: 1, mm: 0 }, { pid: 2, tgid: 1, mm: 0 }, { pid: 3, mm: 0, flags: KTHREAD }, { pid: 4 }],
    mms: [{ counts: [0, 0, 0, 0] }],
  });
  const process = new BuiltProcess(kernel, 0);
  process.mapPage(0);
  process.mapPage(1);
  return { kernel, process, start: process.stackPage(1) + 0xf00n };
}

function argumentsIn({ typed }: TaskKernel): (Arguments | null)[] {
  const read = argumentReader(typed);
  return listTasks(typed).tasks.map((task) => read(task));
}

/** The arguments of a process whose memory has these contents from the place of its arguments on. */
function argumentsOf(contents: string, size: number, environment = contents.length - size): Arguments | null {
  const { kernel, process, start } = processWith();
  process.write(start, contents);
  const end = start + BigInt(size);
  process.place(start, end, end + BigInt(environment));
  return argumentsIn(kernel)[0] ?? null;
}

describe('the arguments of a process', () => {
  test('have blanks between them', () => {
    expect(argumentsOf('sh\0-c\0a b\0\0PATH=/\0', 11)).toEqual({ text: 'sh -c a b' });
  });

  test('may be none', () => {
    expect(argumentsOf('PATH=/\0', 0)).toEqual({ text: '' });
  });

  test('may go over the end of a page', () => {
    const long = `${'x'.repeat(300)}\0`;
    expect(argumentsOf(long, long.length)).toEqual({ text: 'x'.repeat(300) });
  });

  test('are cut after a page, not within a character', () => {
    const { kernel, process } = processWith();
    process.mapPage(2);
    const start = process.stackPage(2);
    process.write(start, `a${'\xc3\xbc'.repeat(2500)}\0`);
    process.place(start, start + 5002n);
    expect(argumentsIn(kernel)[0]).toEqual({ text: `a${'ü'.repeat(2047)}`, cutFrom: 5002 });
  });

  test('are those of all its threads, and of no thread of the kernel', () => {
    const { kernel, process, start } = processWith();
    process.write(start, 'init\0');
    process.place(start, start + 5n);
    expect(argumentsIn(kernel)).toEqual([{ text: 'init' }, { text: 'init' }, null, null]);
  });

  test('are empty before the program has them', () => {
    const { kernel } = processWith();
    expect(argumentsIn(kernel)[3]).toBeNull();
    const none = processWith();
    none.process.place(0n, 0n);
    expect(argumentsIn(none.kernel)[0]).toEqual({ text: '' });
  });

  test('are any bytes', () => {
    expect(argumentsOf('\x1b[31m\xff\0', 7)).toEqual({ text: '\x1b[31m\xff' });
  });
});

/** What get_mm_cmdline shows if the last byte is not a NUL. */
describe('a title that a process wrote over its arguments', () => {
  test('ends with its NUL, within them', () => {
    expect(argumentsOf('me: 1\0gsx', 9, 0)).toEqual({ text: 'me: 1' });
  });

  test('may go on in the environment', () => {
    expect(argumentsOf('sshd: user@pts/0\0=x\0', 4)).toEqual({ text: 'sshd: user@pts/0' });
  });

  test('does not go on in an environment elsewhere', () => {
    const { kernel, process, start } = processWith();
    process.write(start, 'abcdefgh\0');
    process.place(start, start + 4n, start + 9n, start + 5n);
    expect(argumentsIn(kernel)[0]).toEqual({ text: 'abcd' });
  });

  test('has a page at most', () => {
    const { kernel, process } = processWith();
    const start = process.stackPage(1);
    process.write(start, 'y'.repeat(2 * PAGE));
    process.place(start, start + 10n, start + BigInt(2 * PAGE));
    expect(argumentsIn(kernel)[0]).toEqual({ text: 'y'.repeat(PAGE) });
  });
});

describe('arguments in a page', () => {
  const withEntry = (raw: bigint) => {
    const { kernel, process, start } = processWith();
    process.write(start, 'init\0');
    process.place(start, start + 5n);
    const page = process.stackPage(1);
    const at = process.tables.entryAt(page, PAGE);
    const entry = kernel.built.kernel.memory.peekU64(at);
    process.tables.set(
      page,
      PAGE,
      raw === PROTNONE ? (~entry & ADDRESS) | (entry & ~ADDRESS & ~PRESENT) | PROTNONE : raw,
    );
    return argumentsIn(kernel)[0];
  };

  test('that was never there are not mapped', () => {
    expect(withEntry(0n)).toEqual({ missing: 'not mapped', kind: null });
  });

  /** Type 0, offset 0x1234, inverted (arch/x86/include/asm/pgtable_64.h). */
  test('that was swapped out say so', () => {
    expect(withEntry((~0x1234n << 14n) & 0x07ff_ffff_ffff_ffffn & ~0x3fffn)).toEqual({
      missing: 'swapped out',
      kind: null,
    });
  });

  /** The highest types are for migration, poisoned pages and markers (include/linux/swap.h). */
  test('that is being moved are not said to be swapped out', () => {
    expect(withEntry(30n << 59n)).toEqual({
      missing: 'not present: it is being moved, or has failed',
      kind: null,
    });
  });

  test('without access are read: its address is inverted', () => {
    expect(withEntry(PROTNONE)).toEqual({ text: 'init' });
  });

  test.each([
    ['notStored', 'not stored in the dump', 'notStored'],
    ['truncated', 'past the end of the truncated file', 'notStored'],
    ['damaged', 'damaged in the dump', 'corrupt'],
  ])('that is %s say so', (absence, missing, kind) => {
    const { kernel, process, start } = processWith();
    process.place(start, start + 5n);
    const physical = process.mapPage(1);
    const { memory, described } = kernel.built.kernel;
    memory.plan({ described, [absence]: [{ start: physical, end: physical + PAGE }] });
    expect(argumentsIn(kernel)[0]).toEqual({ missing, kind });
  });

  test('that lacks its page table say so', () => {
    const { kernel, process, start } = processWith();
    process.place(start, start + 5n);
    const table = process.tables.tableOf(start, PAGE);
    const { memory, described } = kernel.built.kernel;
    memory.plan({ described, notStored: [{ start: table, end: table + PAGE }] });
    const why = 'not known, because a page table is not stored in the dump';
    expect(argumentsIn(kernel)[0]).toEqual({ missing: why, kind: 'notStored' });
  });

  test('of which only the first is stored are not known', () => {
    const { kernel, process } = processWith();
    const start = process.stackPage(0) - 2n;
    process.write(start, 'ab');
    process.place(start, start + 10n);
    const physical = process.mapPage(0);
    const { memory, described } = kernel.built.kernel;
    memory.plan({ described, notStored: [{ start: physical, end: physical + PAGE }] });
    expect(argumentsIn(kernel)[0]).toEqual({ missing: 'not stored in the dump', kind: 'notStored' });
  });
});

describe('an address of arguments', () => {
  test.each([
    ['in the kernel', 0xffff_8880_0000_0000n],
    ['that is not canonical', 0x8000_0000_0000_0000n],
  ])('%s leads nowhere', (_, start) => {
    const { kernel, process } = processWith();
    process.place(start, start + 5n);
    expect(argumentsIn(kernel)[0]).toEqual({ missing: 'not mapped', kind: null });
  });

  test('is not looked up in page tables that do not map the kernel', () => {
    const { kernel, process, start } = processWith();
    process.write(start, 'init\0');
    process.place(start, start + 5n);
    const { memory } = kernel.built.kernel;
    memory.writeU64(process.tables.root + PAGE - 8, memory.peekU64(process.tables.root + PAGE - 8) + 0x1000n);
    expect(argumentsIn(kernel)[0]).toEqual({
      missing: expect.stringContaining('do not map the kernel'),
      kind: 'corrupt',
    });
  });

  test('without page tables says which is missing', () => {
    const { kernel, start } = processWith();
    kernel.setPlaces(0, 0x7000n, [start, start + 5n, start + 5n, start + 5n]);
    expect(argumentsIn(kernel)[0]).toEqual({ missing: expect.stringContaining('0x7000'), kind: 'notMapped' });
  });
});
