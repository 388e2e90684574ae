import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statfsSync } from 'node:fs';
import { InspectError, isSystemError, type SystemError } from '../errors.ts';
import { hex } from '../hex.ts';
import { type FileKind, kindOf } from './file-kind.ts';
import type { ByteSource, ReadStatistics } from './source.ts';

/** PROC_SUPER_MAGIC of include/uapi/linux/magic.h */
export const PROC_SUPER_MAGIC = 0x9fa0;

/**
 * The largest position in a file (loff_t). Past it the system answers a read with an error, not with the end.
 */
const LAST_POSITION = (1n << 63n) - 1n;

const OPEN_FAILURES: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'is a directory, not a dump',
  ENOTDIR: 'a part of the path is not a directory',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  ENXIO: 'nothing can be read from it: it is a socket, or a device that is not there',
};

/** kdump saves dumps for root alone, because they have all of memory in them. */
const NOT_ALLOWED = 'dumps are mostly for root alone: run it with sudo, or let your user read the file';

/** The io error for an open that failed: which file, and why. */
export function openError(path: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const why = OPEN_FAILURES[error.code] ?? error.message;
  return new InspectError('io', `${path}: ${why}`, {
    ...{ path, errno: error.code, cause: error },
    ...(error.code === 'EACCES' ? { hint: NOT_ALLOWED } : {}),
  });
}

/**
 * Whether a read would reach past the last possible position. A damaged file may point anywhere: such a
 * position counts as past the end of the file, not as an error.
 */
function isBeyond(position: number | bigint, length: number): boolean {
  if (typeof position === 'number') return position > Number.MAX_SAFE_INTEGER - length;
  return position > LAST_POSITION - BigInt(length);
}

function readError(path: string, at: number | bigint, error: SystemError): InspectError {
  return new InspectError('io', `${path}: cannot read at offset ${hex(at)}: ${error.message}`, {
    path,
    offset: at,
    errno: error.code,
    cause: error,
  });
}

/** The size of a regular file, in bytes. @throws InspectError io, if it is not a regular file */
function sizeOf(path: string, stat: Stats): number {
  if (stat.isFile()) return stat.size;
  if (stat.isDirectory())
    throw new InspectError('io', `${path}: is a directory, not a dump`, { path, errno: 'EISDIR' });
  const kind = kindOf(stat);
  throw new InspectError('io', `${path}: is a ${kind}, not a regular file`, {
    path,
    hint: HINTS[kind] ?? TO_A_FILE,
  });
}

const TO_A_FILE = 'a dump is read at many offsets: save it to a file first';
const HINTS: Partial<Record<FileKind, string>> = {
  FIFO: TO_A_FILE,
  'block device': `${TO_A_FILE} (dd if=DEVICE of=FILE; kdump writes to a device if it is its raw target)`,
  'character device': `${TO_A_FILE}; the live memory is /proc/kcore`,
};

/** A local file, opened read-only. No other class touches the file system to read a dump. */
export class FileSource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isProcfs: boolean;
  readonly statistics: ReadStatistics = { reads: 0, bytes: 0 };
  readonly #fd: number;

  /** @throws InspectError io, with the system's error name in `errno`. */
  constructor(path: string) {
    this.path = path;
    try {
      // Without O_NONBLOCK, opening a FIFO waits for a writer. For other files the flag has no effect.
      this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      throw openError(path, error);
    }
    try {
      this.size = sizeOf(path, fstatSync(this.#fd));
      this.isProcfs = statfsSync(path).type === PROC_SUPER_MAGIC;
    } catch (error) {
      closeSync(this.#fd);
      throw openError(path, error);
    }
  }

  read(position: number | bigint, into: Uint8Array): number {
    if (isBeyond(position, into.length)) return 0;
    let done = 0;
    while (done < into.length) {
      const got = this.#readOnce(position, into, done);
      if (got === 0) break;
      done += got;
    }
    this.statistics.bytes += done;
    return done;
  }

  #readOnce(position: number | bigint, into: Uint8Array, done: number): number {
    const at = typeof position === 'bigint' ? position + BigInt(done) : position + done;
    for (;;) {
      this.statistics.reads++;
      try {
        return readSync(this.#fd, into, done, into.length - done, at);
      } catch (error) {
        if (!isSystemError(error)) throw error;
        if (error.code !== 'EINTR') throw readError(this.path, at, error);
      }
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
