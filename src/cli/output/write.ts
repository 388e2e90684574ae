import { writeSync } from 'node:fs';
import { InspectError, isSystemError } from '../../errors.ts';

/**
 * Thrown when the reader of the result has gone, as `head` does. Nothing is left to do, and nothing went
 * wrong.
 */
export class ReaderGone extends Error {}

/** Milliseconds before a full non-blocking pipe is tried again. */
const PATIENCE = 5;

/** The system's errors in plain words. For any other error the system's own message is used. */
const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EBADF: 'it is not open for writing',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  EIO: 'the device reports an error',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such folder',
  ENOSPC: 'no space left',
  ENOTDIR: 'a part of the path is not a directory',
  ENXIO: 'nothing is reading from it',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

/** The system's name of an error; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  return isSystemError(error) ? error.code : undefined;
}

/** The error for a result that cannot be written. @param what where it was to go, in the user's words */
export function cannotWrite(what: string, path: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const { code: errno, message } = error;
  const why = REASONS[errno] ?? message;
  return new InspectError('io', `${what}: cannot write the result: ${why}`, { path, errno, cause: error });
}

/**
 * Writes bytes to an open file synchronously, so that nothing is lost or out of order at exit. Waits if a
 * pipe is full.
 * @throws ReaderGone; the system's errors
 */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EPIPE') throw new ReaderGone();
      if (errno === 'EINTR') continue;
      if (errno !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE);
    }
  }
}

/** Writes text to stdout. @throws InspectError io; ReaderGone */
export function printOut(text: string): void {
  try {
    writeAll(1, Buffer.from(text, 'utf8'));
  } catch (error) {
    throw cannotWrite('stdout', 'stdout', error);
  }
}

/** Writes text to stderr. If that fails there is nobody to tell, and the result is still good. */
export function say(text: string): void {
  try {
    writeAll(2, Buffer.from(text, 'utf8'));
  } catch {
    // Nobody reads stderr.
  }
}
