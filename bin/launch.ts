#!/usr/bin/env node
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** What Node.js gives to a CommonJS module, as this is one when it is built. */
declare const require: unknown;
declare const module: unknown;
declare const __dirname: string;

/** The whole program as a function of those; built from bin/kdump-inspect.ts. */
type Program = (require: unknown, module: unknown, __dirname: string) => void;

/**
 * Starts the program with the code that V8 compiled when it was built: compiling it anew takes a sixth of what a small dump
 * takes beyond Node.js itself. V8 does not accept code of another release of its own, nor under other flags, and then compiles as ever.
 */
const filename = join(__dirname, 'program.js');
const [program, cache] = [openSync(filename, 'r'), tryOpen(join(__dirname, 'program.cache'))];
const sizes = [program, cache].map((fd) => (fd === undefined ? 0 : fstatSync(fd).size));
// One after the other into the same memory, for that is dear where each new page of it comes from a hypervisor.
const bytes = Buffer.allocUnsafeSlow(Math.max(...sizes));
const source = read(program, sizes[0]).toString('latin1');
const script = new Script(source, {
  filename,
  cachedData: cache === undefined ? undefined : read(cache, sizes[1]),
});
(script.runInThisContext() as Program)(require, module, __dirname);

function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

function read(fd: number, size = 0): Buffer {
  const length = readSync(fd, bytes, 0, size, 0);
  closeSync(fd);
  return bytes.subarray(0, length);
}
