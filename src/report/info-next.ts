import type { MemoryPressure } from '../kernel/objects/memory-pressure.ts';
import { plural, size } from './units.ts';

/** What to do next: a command, or in words if it is none of this program's, and why. */
export interface NextStep {
  /** Its words, as a shell takes them apart. */
  readonly command: readonly string[] | null;
  readonly why: string;
}

/** Bytes that the file should have; those that it does not describe are absent if there are none. */
interface Lost {
  readonly truncated: number;
  readonly missing?: number;
}

/** Bytes. */
type Free = { readonly free: number } | null;

/** What decides about it. */
interface Findings {
  readonly crash: { readonly reason: string | null };
  readonly dump: Lost;
  /** null if it is unknown or contradicted. */
  readonly memory: Free;
  readonly pressure: MemoryPressure | undefined;
  /** The words that name the same dump again. */
  readonly again: readonly string[];
}

/** What panic() says if there is no memory (check_panic_on_oom and out_of_memory, mm/oom_kill.c). */
const OUT_OF_MEMORY = /out of memory|deadlocked on memory/i;

/** What to ask next, by what happened; the most urgent first. */
export function nextSteps({ crash, dump, memory, pressure, again }: Findings): NextStep[] {
  const command = (name: string, ...options: string[]) => ['kdump-inspect', name, ...again, ...options];
  const panic = crash.reason === null ? [] : [{ command: command('dmesg', '--panic'), why: PANIC }];
  const short = shortage(crash.reason, memory, pressure);
  const usage = short === null ? [] : [{ command: command('usage'), why: short }];
  const isCause = crash.reason !== null && OUT_OF_MEMORY.test(crash.reason);
  return [...loss(dump), ...(isCause ? [...usage, ...panic] : [...panic, ...usage])];
}

const PANIC = 'what the kernel said when it died';

/** Why it is worth asking who holds the memory; null if it is not. */
function shortage(reason: string | null, memory: Free, pressure: MemoryPressure | undefined): string | null {
  if (reason !== null && OUT_OF_MEMORY.test(reason)) return 'memory ran out: who holds it';
  const { reserve = null, oomKills = null } = pressure ?? {};
  if (oomKills) return `the OOM killer ended ${plural(oomKills, 'task')} since boot: who holds the memory`;
  if (memory === null || reserve === null || memory.free >= reserve) return null;
  return `only ${size(memory.free)} are free, less than the ${size(reserve)} that the kernel keeps for itself: who holds the memory`;
}

/** What is missing of the dump, and how to take a better one. */
function loss({ truncated, missing }: Lost): NextStep[] {
  const step = (why: string) => [{ command: null, why }];
  if (truncated > 0)
    return step(
      `${size(truncated)} are missing at the end of the file: if it is a copy, copy it again; if its disk was full, take a smaller dump (makedumpfile -l -d 31 leaves out what is seldom needed)`,
    );
  if (missing === undefined) return [];
  return step(`${size(missing)} or more are not in the file: take it again with all of the machine's RAM`);
}
