// node .config/code-cache.mjs DIST DUMP: runs the program as bin/launch.ts does, and keeps beside its files what V8 compiled of them for
// that. A run on a real dump compiles what such runs need, and no more: code that is not needed costs time, too. So what `pages`
// loads is kept as it leaves it, and only then the other commands run.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const [dist, dump] = process.argv.slice(2);
const RUNS = [
  ['pages', dump],
  ['layout', dump, '--color'],
  ['info', dump],
  ['dmesg', dump],
];

const folder = resolve(dist);
const scripts = new Map();
const kept = new Set();

for (const args of RUNS) {
  process.argv = [process.execPath, join(folder, 'program.js'), ...args];
  await loader()('./program.js').ended;
  // V8 accepts the code only under the flags that it was kept under, and a long run sets one at its end (src/cli/settle.ts).
  setFlagsFromString('--no-expose-gc');
  if (kept.size === 0) keep();
}
keep();

/** What a run imports with: all files of the program are loaded anew. */
function loader() {
  const loaded = new Map();
  return function load(name) {
    if (!name.startsWith('./')) return process.getBuiltinModule(name);
    if (!loaded.has(name)) {
      const module = { exports: {} };
      loaded.set(name, module);
      scriptOf(join(folder, name)).runInThisContext()(load, module, module.exports, folder);
    }
    return loaded.get(name).exports;
  };
}

function scriptOf(filename) {
  if (!scripts.has(filename))
    scripts.set(filename, new Script(readFileSync(filename, 'latin1'), { filename }));
  return scripts.get(filename);
}

/** Keeps what was compiled of the files that were loaded until now. */
function keep() {
  for (const [filename, script] of scripts) {
    if (!kept.has(filename)) writeFileSync(filename.replace(/js$/, 'cache'), script.createCachedData());
    kept.add(filename);
  }
}
