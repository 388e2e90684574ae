import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { InspectError } from '../../errors.ts';
import { descriptorOf, isOfNode } from './descriptor.ts';

/** What --output names. */
export type Target =
  /** An open file of this process: /dev/stdout, /dev/fd/3. */
  | { readonly kind: 'descriptor'; readonly fd: number }
  /** A terminal, FIFO or device: written to as it is, for nothing can take its place. */
  | { readonly kind: 'device' }
  /** A regular file to be, at the end of the links that lead there; `before` is what is there now. */
  | { readonly kind: 'file'; readonly path: string; readonly before?: Stats };

/**
 * Finds out what a path names, and opens nothing.
 * @param inputs files that are read, which it must not be
 * @throws InspectError usage when it is one of them, io for what cannot be written; what the system says
 */
export function findTarget(path: string, inputs: readonly string[]): Target {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat) refuseInputs(path, stat, inputs);
  const fd = descriptorOf(path);
  if (fd !== undefined) return { kind: 'descriptor', fd: writable(path, fd, stat !== undefined) };
  if (!stat) return newFile(path);
  if (stat.isDirectory()) throw refusal(path, 'it is a directory', 'EISDIR');
  if (stat.isBlockDevice()) throw refusal(path, 'it is a disk, which would lose what is on it');
  return stat.isFile() ? { kind: 'file', path: endOfLinks(path, stat), before: stat } : { kind: 'device' };
}

function refuseInputs(path: string, { dev, ino }: Stats, inputs: readonly string[]): void {
  for (const input of inputs) {
    const other = statSync(input, { throwIfNoEntry: false });
    if (other?.dev !== dev || other.ino !== ino) continue;
    const what = input === path ? 'that file' : `that is ${input}, which`;
    throw new InspectError('usage', `--output ${path}: ${what} is only read, and never written to`, { path });
  }
}

/** An open file that the result may go to: one that is not open now may be Node's own by the time it is written to. */
function writable(path: string, fd: number, isOpen: boolean): number {
  if (!isOpen) throw refusal(path, 'it is not open for writing', 'EBADF');
  if (isOfNode(fd)) throw refusal(path, 'Node.js itself has opened it, for its own use');
  return fd;
}

function newFile(path: string): Target {
  if (path.endsWith('/')) throw refusal(path, 'it is a directory', 'EISDIR');
  // As cp does: following it by hand would pass by the system's own check of links that strangers made (protected_symlinks).
  if (lstatSync(path, { throwIfNoEntry: false }))
    throw refusal(path, 'it is a symbolic link that leads nowhere');
  return { kind: 'file', path };
}

/** The file at the end of the links, if it is still the one that the system found there. */
function endOfLinks(path: string, { dev, ino }: Stats): string {
  if (!lstatSync(path).isSymbolicLink()) return path;
  const end = realpathSync(path);
  const stat = lstatSync(end);
  if (stat.dev !== dev || stat.ino !== ino) throw refusal(path, 'its links change while they are followed');
  return end;
}

function refusal(path: string, why: string, errno?: string): InspectError {
  return new InspectError('io', `--output ${path}: cannot write the result: ${why}`, {
    path,
    ...(errno === undefined ? {} : { errno }),
  });
}
