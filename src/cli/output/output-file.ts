import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommonOptions } from '../options/common-options.ts';
import { hasColor } from './color.ts';
import { wantedColumns } from './columns.ts';
import { type OpenOutput, type Output, standardOutput, warner } from './output.ts';
import { findTarget, type Target } from './output-target.ts';
import { holdingSignals } from './signals.ts';
import { cannotWrite, errnoOf, writeAll } from './write.ts';

/** Bytes copied at once. */
const PIECE = 1 << 20;
/** The mode that a shell gives a new file for `>`; the umask is applied to it. */
const NEW_FILE = 0o666;
const OWNER_ONLY = 0o600;
/** __O_TMPFILE of include/uapi/asm-generic/fcntl.h, which Node does not name. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;
/** Random names to try before giving up. */
const NAMES = 10;

/**
 * Opens what --output names. A file gets the whole result or stays as it was: the result goes to a file
 * without a name in the same folder, of which nothing is left however the process ends. At the end it is
 * copied to a file that replaces FILE.
 * @param inputs files that are read; the output must not be one of them
 * @throws InspectError usage if it is one of them, io if it cannot be written
 */
export async function openOutputFile(
  path: string,
  options: CommonOptions,
  inputs: readonly string[],
): Promise<OpenOutput> {
  const naming = namingErrors(path);
  const target = naming(() => findTarget(path, inputs));
  if (target.kind === 'file') return intoFile(target, options, naming);
  if (target.kind === 'descriptor' && target.fd === 1) return asItIs(standardOutput(options), () => {});
  const fd = target.kind === 'descriptor' ? target.fd : naming(() => openSync(path, constants.O_WRONLY));
  const close = target.kind === 'descriptor' ? () => {} : () => closeSync(fd);
  return asItIs(outputTo(fd, options, naming), close);
}

type Naming = <T>(work: () => T) => T;

/** Returns a function that runs work and names FILE in its errors. */
function namingErrors(path: string): Naming {
  return (work) => {
    try {
      return work();
    } catch (error) {
      throw cannotWrite(`--output ${path}`, path, error);
    }
  };
}

function asItIs(output: Output, close: () => void): OpenOutput {
  return { output, keep: async () => {}, close };
}

function outputTo(fd: number, options: CommonOptions, naming: Naming): Output {
  const isTerminal = process.getBuiltinModule('node:tty').isatty(fd);
  return {
    color: hasColor(options, isTerminal),
    columns: wantedColumns(),
    isTerminal,
    result: (text) => naming(() => writeAll(fd, Buffer.from(text, 'utf8'))),
    warn: warner(options),
  };
}

async function intoFile(
  target: Target & { kind: 'file' },
  options: CommonOptions,
  naming: Naming,
): Promise<OpenOutput> {
  const folder = dirname(target.path);
  const fd = await holdingSignals(() =>
    naming(() => {
      // A user who may not write to a file must not be able to replace it.
      if (target.before) accessSync(target.path, constants.W_OK);
      return withoutName(folder);
    }),
  );
  const keep = () => holdingSignals(() => naming(() => copyInto(folder, fd, target)));
  return { output: outputTo(fd, options, naming), keep, close: () => closeSync(fd) };
}

/**
 * A new open file that is in no folder: created without a name where the file system supports that (open(2),
 * Linux 3.11), otherwise created and unlinked at once.
 */
function withoutName(folder: string): number {
  try {
    return openSync(folder, constants.O_RDWR | O_TMPFILE, OWNER_ONLY);
  } catch {
    const { fd, path } = create(folder, OWNER_ONLY);
    unlinkSync(path);
    return fd;
  }
}

/** Replaces FILE with the bytes of an open file, all or nothing. */
function copyInto(folder: string, from: number, { path: target, before }: Target & { kind: 'file' }): void {
  const { fd, path } = create(folder, NEW_FILE);
  try {
    try {
      copy(from, fd);
      if (before) likeBefore(fd, before);
      // A network file system may report a full disk only now.
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(path, target);
  } catch (error) {
    unlinkSync(path);
    throw error;
  }
}

/** A new file. @throws the system's error */
function create(folder: string, mode: number): { readonly fd: number; readonly path: string } {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  for (let n = 1; ; n++) {
    const number = Math.floor(Math.random() * 2 ** 48).toString(36);
    const path = join(folder, `.kdump-inspect-${process.pid}-${number}`);
    try {
      return { fd: openSync(path, flags, mode), path };
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' || n === NAMES) throw error;
    }
  }
}

function copy(from: number, to: number): void {
  const bytes = new Uint8Array(PIECE);
  for (let at = 0; ; ) {
    const got = readSync(from, bytes, 0, PIECE, at);
    if (got === 0) return;
    writeAll(to, bytes.subarray(0, got));
    at += got;
  }
}

/** Takes over the permissions of the file that is replaced, and its owner where that is allowed. */
function likeBefore(fd: number, { uid, gid, mode }: Stats): void {
  try {
    fchownSync(fd, uid, gid);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error;
  }
  fchmodSync(fd, mode & 0o777);
}
