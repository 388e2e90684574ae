#!/usr/bin/env node
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** What Node.js gives to a CommonJS module, as this is one when it is built. */
declare const __dirname: string;

/** A file of the program, as a function of what CommonJS modules are given. */
type Part = (require: (name: string) => unknown, module: Module, exports: unknown, __dirname: string) => void;

interface Module {
  exports: unknown;
}

/** The files that were loaded, by their names. */
const loaded = new Map<string, Module>();
load('./program.js');

/** What the program imports by its name: a part of Node.js, or a file of its own, which lie side by side. */
function load(name: string): unknown {
  if (!name.startsWith('./')) return process.getBuiltinModule(name);
  const known = loaded.get(name);
  if (known) return known.exports;
  const module: Module = { exports: {} };
  loaded.set(name, module);
  partIn(join(__dirname, name))(load, module, module.exports, __dirname);
  return module.exports;
}

/**
 * A file, with the code that V8 compiled of it when it was built: compiling it anew adds a fifth to what a small dump
 * takes beyond Node.js itself. V8 does not accept code of another release of its own, nor under other flags, and then compiles as ever.
 */
function partIn(filename: string): Part {
  const [program, cache] = [openSync(filename, 'r'), tryOpen(filename.replace(/js$/, 'cache'))];
  const sizes = [program, cache].map((fd) => (fd === undefined ? 0 : fstatSync(fd).size));
  // One after the other into the same memory, for that is dear where each new page of it comes from a hypervisor.
  const bytes = Buffer.allocUnsafeSlow(Math.max(...sizes));
  const source = read(program, bytes, sizes[0]).toString('latin1');
  const cachedData = cache === undefined ? undefined : read(cache, bytes, sizes[1]);
  return new Script(source, { filename, cachedData }).runInThisContext() as Part;
}

function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

function read(fd: number, bytes: Buffer, size = 0): Buffer {
  const length = readSync(fd, bytes, 0, size, 0);
  closeSync(fd);
  return bytes.subarray(0, length);
}
