import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Symbolic links to follow: /dev/stdout takes two to reach /proc/self/fd/1. */
const HOPS = 4;

const OPEN_FILES = '/proc/self/fd';
const FLAGS = '/proc/self/fdinfo';
/** O_ACCMODE: the access modes of an open file (include/uapi/asm-generic/fcntl.h). */
const ACCESS = { mask: 3, read: 0, write: 1 } as const;

/**
 * The number of the open file of this process that a path leads to. Opening the path again would write from
 * its start.
 */
export function descriptorOf(path: string): number | undefined {
  let at = path;
  for (let hop = 0; hop < HOPS; hop++) {
    try {
      const folder = realpathSync(dirname(at));
      if (isOfThisProcess(folder)) return Number(basename(at));
      at = resolve(folder, readlinkSync(join(folder, basename(at))));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** All threads of a process share its open files, but each thread has its own folder of them. */
function isOfThisProcess(folder: string): boolean {
  return folder.replace(/\/task\/\d+(?=\/fd$)/, '') === realpathSync(OPEN_FILES);
}

/**
 * Whether Node.js opened a file for its own use: an anonymous inode (epoll, eventfd, io_uring), or a pipe of
 * which this process has both ends. Files that the parent process left open are neither. The close-on-exec
 * flag does not tell them apart, because Node.js sets it on every file that it finds open.
 */
export function isOfNode(fd: number): boolean {
  const file = fileOf(fd);
  if (file?.startsWith('anon_inode:')) return true;
  if (!file?.startsWith('pipe:')) return false;
  const ends = readdirSync(OPEN_FILES)
    .map(Number)
    .filter((other) => fileOf(other) === file);
  const access = ends.map(accessOf);
  return access.some((how) => how !== ACCESS.write) && access.some((how) => how !== ACCESS.read);
}

/** The system's name of an open file; undefined if no file has this number. */
function fileOf(fd: number): string | undefined {
  try {
    return readlinkSync(`${OPEN_FILES}/${fd}`);
  } catch {
    return undefined;
  }
}

/** The access mode of an open file. */
function accessOf(fd: number): number {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`${FLAGS}/${fd}`, 'latin1'))?.[1] ?? '0';
  return Number.parseInt(flags, 8) & ACCESS.mask;
}
