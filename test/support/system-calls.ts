import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Replaces functions of node:fs for every module that imports them, until the returned function is called.
 * For what a system does now and then but a test cannot cause. Not vi.mock, which loads modules again: all
 * test files share theirs.
 */
export function replaceCalls(calls: Partial<typeof fs>): () => void {
  const names = Object.keys(calls) as (keyof typeof fs)[];
  const before = Object.fromEntries(names.map((name) => [name, fs[name]]));
  Object.assign(fs, calls);
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, before);
    syncBuiltinESMExports();
  };
}

/** The error of a system call. */
export function refusal(code: string, call: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: refused, ${call}`), { code, syscall: call });
}
