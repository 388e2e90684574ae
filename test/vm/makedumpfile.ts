import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { compoundKeyOf } from './kernel-release.ts';
import type { Kernel } from './kernels.ts';
import { toolCommand } from './programs.ts';

/** makedumpfile's counts, under the names in our JSON. */
export interface Counts {
  readonly zero: number;
  readonly nonPrivateCache: number;
  readonly privateCache: number;
  readonly user: number;
  readonly free: number;
  readonly kernelData: number;
  readonly total: number;
}

/** The released makedumpfile, which sees no tail pages from Linux 7.1 on. */
export const releasedMakedumpfile = 'usr/bin/makedumpfile';

/** The makedumpfile with correct rows for this kernel; setup.sh says how it is made. */
export const makedumpfileOf = (kernel: Kernel): string =>
  compoundKeyOf(kernel) === 'compound_info' ? `${releasedMakedumpfile}-compound_info` : releasedMakedumpfile;

/** Reads the table of `makedumpfile --mem-usage`. */
export function parseMemUsage(text: string): Counts {
  const number = (label: string): number => numberAfter(text, new RegExp(`^${label}:?\\s+(\\d+)`, 'm'));
  return {
    zero: number('ZERO'),
    nonPrivateCache: number('NON_PRI_CACHE'),
    privateCache: number('PRI_CACHE'),
    user: number('USER'),
    free: number('FREE'),
    kernelData: number('KERN_DATA'),
    total: number('Total pages on system'),
  };
}

export interface DumpCounts extends Counts {
  readonly hwpoison: number;
  readonly offline: number;
}

/** Makes the real makedumpfile count a dump file, through the same code as `--mem-usage`. */
export function countDump(tool: string, vmcore: string): DumpCounts {
  const [program, ...options] = toolCommand(tool);
  const count = '--dry-run -E -d 31 --message-level 16 --work-dir'.split(' ');
  const report = execFileSync(program, [...options, ...count, path.dirname(vmcore), vmcore, '/nowhere'], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  return parseReport(report);
}

/** Reads the report of message level 16. */
export function parseReport(text: string): DumpCounts {
  const number = (label: string): number =>
    numberAfter(text, new RegExp(`^ *${label} *: (0x[0-9a-f]+)$`, 'm'));
  return {
    zero: number('Pages filled with zero'),
    nonPrivateCache: number('Non-private cache pages'),
    privateCache: number('Private cache pages'),
    user: number('User process data pages'),
    free: number('Free pages'),
    hwpoison: number('Hwpoison pages'),
    offline: number('Offline pages'),
    kernelData: number('Remaining pages'),
    total: number('Original pages'),
  };
}

function numberAfter(text: string, pattern: RegExp): number {
  const digits = pattern.exec(text)?.[1];
  if (digits === undefined) throw new Error(`makedumpfile printed no ${pattern.source}:\n${text}`);
  return Number(digits);
}
