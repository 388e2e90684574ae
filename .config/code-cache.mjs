// node .config/code-cache.mjs DIST ARGUMENT...: runs the program as bin/launch.ts does, and keeps beside its files what V8 compiled
// of them for that. A run on a real dump compiles what such runs need, and no more: code that is not needed costs time, too.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const [dist, ...args] = process.argv.slice(2);
const folder = resolve(dist);
const require = createRequire(join(folder, 'kdump-inspect.js'));
const loaded = new Map();

function load(name) {
  if (!name.startsWith('./')) return require(name);
  const filename = join(folder, name);
  if (!loaded.has(filename)) {
    const script = new Script(readFileSync(filename, 'latin1'), { filename });
    const exports = {};
    loaded.set(filename, { script, exports });
    script.runInThisContext()(load, exports, folder);
  }
  return loaded.get(filename).exports;
}

process.argv = [process.execPath, join(folder, 'program.js'), ...args];
process.on('exit', () => {
  // V8 accepts the code only under the flags that it was kept under, and a long run sets one at its end (src/cli/settle.ts).
  setFlagsFromString('--no-expose-gc');
  for (const [filename, { script }] of loaded)
    writeFileSync(filename.replace(/js$/, 'cache'), script.createCachedData());
});
load('./program.js');
