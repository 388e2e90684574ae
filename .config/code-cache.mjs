// node .config/code-cache.mjs PROGRAM ARGUMENT...: runs the program as bin/launch.ts does, and keeps beside it what V8 compiled for that.
// A run on a real dump compiles what such runs need, and no more: code that is not needed costs time, too.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const [program, ...args] = process.argv.slice(2);
const filename = resolve(program);
const script = new Script(readFileSync(filename, 'latin1'), { filename });
process.argv = [process.execPath, filename, ...args];
process.on('exit', () => {
  // V8 accepts the code only under the flags that it was kept under, and a long run sets one at its end (src/cli/settle.ts).
  setFlagsFromString('--no-expose-gc');
  writeFileSync(filename.replace(/\.js$/, '.cache'), script.createCachedData());
});
script.runInThisContext()(createRequire(filename), {}, dirname(filename));
