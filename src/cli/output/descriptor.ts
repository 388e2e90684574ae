import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Links from /dev/stdout to /proc/self/fd/1, and some to spare. */
const HOPS = 4;

const OPEN_FILES = '/proc/self/fd';
const FLAGS = '/proc/self/fdinfo';
/** O_ACCMODE: what a file is open for (include/uapi/asm-generic/fcntl.h). */
const ACCESS = { mask: 3, read: 0, write: 1 } as const;

/** The number of an open file of this process that a path leads to. Opened anew, it would be written from its start. */
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

/** All threads of a process have the same open files, each in a folder of its own. */
function isOfThisProcess(folder: string): boolean {
  return folder.replace(/\/task\/\d+(?=\/fd$)/, '') === realpathSync(OPEN_FILES);
}

/**
 * Whether an open file is one that Node.js made for its own use: an anonymous inode (epoll, eventfd, io_uring), or a pipe
 * of which this process has both ends. What whoever started the program left open for it is none of these, and cannot be
 * told by the close-on-exec flag, which Node.js sets on all that it finds.
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

/** What an open file is, by the system's name; undefined where there is none of that number. */
function fileOf(fd: number): string | undefined {
  try {
    return readlinkSync(`${OPEN_FILES}/${fd}`);
  } catch {
    return undefined;
  }
}

/** What an open file is open for. */
function accessOf(fd: number): number {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`${FLAGS}/${fd}`, 'latin1'))?.[1] ?? '0';
  return Number.parseInt(flags, 8) & ACCESS.mask;
}
