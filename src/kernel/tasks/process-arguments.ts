import { Lru } from '../../bytes/lru.ts';
import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { fact } from '../evidence/fact.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { type MemoryGap, ProcessMemory } from './process-memory.ts';
import type { Task } from './task.ts';

/** The command line of a process. */
export type Arguments =
  | {
      /** With a blank between arguments; any bytes, because the process can change it. */
      readonly text: string;
      /** Bytes of all of it, if the text has only the first of them. */
      readonly cutFrom?: number;
    }
  /** Why it is not known. */
  | MemoryGap;

/** Longest text, in bytes: a command line may have megabytes. */
const LIMIT = PAGE_SIZE;
/** Of all texts together; bytes. Ten thousand processes have some hundred bytes each. */
const LIMIT_OF_ALL = 32 << 20;

/** How many processes' arguments are kept for their other threads, which are mostly listed together. */
const KNOWN = 256;

/** Where the kernel says that the arguments and the environment are. */
interface Place {
  readonly argStart: bigint;
  readonly argEnd: bigint;
  readonly envStart: bigint;
  readonly envEnd: bigint;
}

/**
 * Returns a function that reads the command line of a task's process as /proc/PID/cmdline has it
 * (get_mm_cmdline, fs/proc/base.c, since 5.3: d26d0cd97c88). null for a task without memory of its own:
 * threads of the kernel, and processes that have ended. Threads share it, so each is read once.
 */
export function argumentReader(typed: TypedKernel): (task: Task) => Arguments | null {
  const reader = fact(() => new ArgumentReader(typed));
  const known = new Lru<bigint, Arguments>(KNOWN);
  return ({ mm, kernelThread }) => {
    // A thread of the kernel may use the memory of a process for a while (kthread_use_mm).
    if (mm === 0n || kernelThread) return null;
    return known.get(mm, () => ('missing' in reader ? reader : reader.value.read(mm)));
  };
}

class ArgumentReader {
  readonly #typed: TypedKernel;
  readonly #mm: StructReader<'pgd' | 'arg_start' | 'arg_end' | 'env_start' | 'env_end'>;
  #left = LIMIT_OF_ALL;

  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#mm = typed.reader('mm_struct', 'pgd', 'arg_start', 'arg_end', 'env_start', 'env_end');
  }

  read(address: bigint): Arguments {
    try {
      const mm = this.#mm.load(address);
      const [argStart, argEnd] = [mm.big('arg_start'), mm.big('arg_end')];
      const place = { argStart, argEnd, envStart: mm.big('env_start'), envEnd: mm.big('env_end') };
      // The kernel sets env_end last, when it starts a program.
      if (place.envEnd === 0n || argStart >= argEnd) return { text: '' };
      const { space } = this.#typed;
      return this.#counted(readAt(new ProcessMemory(space, space.translate(mm.big('pgd'))), place));
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      return { missing: `not known: ${error.message}`, kind: error.kind };
    }
  }

  #counted(args: Arguments): Arguments {
    if ('missing' in args) return args;
    this.#left -= args.text.length;
    return this.#left >= 0 ? args : { missing: 'left out: all arguments together are too long', kind: null };
  }
}

/**
 * The last byte of the arguments is a NUL, unless the process has written a title over them (setproctitle):
 * then the title ends with the first NUL, which may be in the environment.
 */
function readAt(memory: ProcessMemory, place: Place): Arguments {
  const last = new Uint8Array(1);
  const { gap } = memory.read(place.argEnd - 1n, last);
  if (gap !== undefined) return gap;
  return last[0] === 0 ? readList(memory, place) : readTitle(memory, place);
}

function readList(memory: ProcessMemory, { argStart, argEnd }: Place): Arguments {
  const size = Number(argEnd - argStart);
  const bytes = new Uint8Array(Math.min(LIMIT, size));
  const { gap } = memory.read(argStart, bytes);
  if (gap !== undefined) return gap;
  if (size <= LIMIT) return { text: joined(bytes) };
  return { text: joined(withoutPart(bytes)), cutFrom: size };
}

/** The kernel shows a page of it at most (get_mm_proctitle). */
function readTitle(memory: ProcessMemory, { argStart, argEnd, envStart, envEnd }: Place): Arguments {
  const end = envStart === argEnd && envEnd >= envStart ? envEnd : argEnd;
  const bytes = new Uint8Array(Math.min(PAGE_SIZE, Number(end - argStart)));
  const { length, gap } = memory.read(argStart, bytes);
  const title = bytes.subarray(0, length);
  return gap === undefined || title.includes(0) ? { text: textOf(title) } : gap;
}

const NUL = 0;
const BLANK = 0x20;

/** Arguments, each with its NUL, with a blank between them. */
function joined(bytes: Uint8Array): string {
  const end = bytes.findLastIndex((byte) => byte !== NUL) + 1;
  return textOf(bytes.subarray(0, end).map((byte) => (byte === NUL ? BLANK : byte)));
}

/** Drops the first bytes of a UTF-8 character that is cut. */
function withoutPart(bytes: Uint8Array): Uint8Array {
  const start = bytes.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  const isCut = bytes.length - start < 4 && (bytes[start] ?? 0) >= 0xc0;
  return isCut ? bytes.subarray(0, start) : bytes;
}
