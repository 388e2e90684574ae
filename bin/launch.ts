#!/usr/bin/env node
import { readFileSync } from 'node:fs';
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
const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: compiled() });
(script.runInThisContext() as Program)(require, module, __dirname);

function compiled(): Buffer | undefined {
  try {
    return readFileSync(join(__dirname, 'program.cache'));
  } catch {
    return undefined;
  }
}
