import { readdirSync, readlinkSync } from 'node:fs';

/** Whether this process has the file at `path` open. */
export function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some((fd) => linkOf(fd) === path);
}

/** What a descriptor refers to; the descriptor that the listing itself used is gone by now. */
function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}
