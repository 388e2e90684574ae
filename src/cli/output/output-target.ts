import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { InspectError } from '../../errors.ts';
import { descriptorOf, isOfNode } from './descriptor.ts';

/** What --output names. */
export type Target =
  /** An open file of this process: /dev/stdout, /dev/fd/3. */
  | { readonly kind: 'descriptor'; readonly fd: number }
  /** A terminal, FIFO or device: it is written to directly, because it cannot be replaced. */
  | { readonly kind: 'device' }
  /** A regular file, after all symbolic links; `before` is the file that is there now. */
  | { readonly kind: 'file'; readonly path: string; readonly before?: Stats };

/**
 * Finds out what a path names, without opening it.
 * @param inputs files that are read; the path must not name one of them
 * @throws InspectError usage if it does, io if it cannot be written; the system's errors
 */
export function findTarget(path: string, inputs: readonly string[]): Target {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat) refuseInputs(path, stat, inputs);
  const fd = descriptorOf(path);
  if (fd !== undefined) return { kind: 'descriptor', fd: writable(path, fd, stat !== undefined) };
  if (!stat) return newFile(path);
  if (stat.isDirectory()) throw refusal(path, 'it is a directory', 'EISDIR');
  if (stat.isBlockDevice()) throw refusal(path, 'it is a disk, and what is on it would be lost');
  return stat.isFile() ? { kind: 'file', path: endOfLinks(path, stat), before: stat } : { kind: 'device' };
}

function refuseInputs(path: string, { dev, ino }: Stats, inputs: readonly string[]): void {
  for (const input of inputs) {
    const other = statSync(input, { throwIfNoEntry: false });
    if (other?.dev !== dev || other.ino !== ino) continue;
    const what = input === path ? 'this file is an input' : `this is ${input}, an input`;
    throw new InspectError('usage', `--output ${path}: ${what}, and inputs are never written to`, { path });
  }
}

/**
 * Checks that the result may go to an open file. A number that is not open now may be a file of Node.js
 * later.
 */
function writable(path: string, fd: number, isOpen: boolean): number {
  if (!isOpen) throw refusal(path, 'it is not open for writing', 'EBADF');
  if (isOfNode(fd)) throw refusal(path, 'Node.js opened it for its own use');
  return fd;
}

function newFile(path: string): Target {
  if (path.endsWith('/')) throw refusal(path, 'it is a directory', 'EISDIR');
  // As in cp(1): following the link here would bypass the system's protection against the links of others
  // (protected_symlinks).
  if (lstatSync(path, { throwIfNoEntry: false })) throw refusal(path, 'it is a dangling symbolic link');
  return { kind: 'file', path };
}

/** The file after all symbolic links, if it is still the one that the system found. */
function endOfLinks(path: string, { dev, ino }: Stats): string {
  if (!lstatSync(path).isSymbolicLink()) return path;
  const end = realpathSync(path);
  const stat = lstatSync(end);
  if (stat.dev !== dev || stat.ino !== ino) throw refusal(path, 'its symbolic links are changing');
  return end;
}

function refusal(path: string, why: string, errno?: string): InspectError {
  return new InspectError('io', `--output ${path}: cannot write the result: ${why}`, {
    path,
    ...(errno === undefined ? {} : { errno }),
  });
}
