import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { kernelFile } from './cache.ts';

/**
 * Copies the named modules and their dependencies to `folder`, unpacked, with names that sort in loading
 * order. A module that modules.dep does not know is built into this kernel.
 */
export function installModules(kernel: string, names: readonly string[], folder: string): void {
  const dependencies = readModulesDep(kernel);
  // A line of modules.dep names last the module to load first.
  const wanted = names.flatMap((name) => dependencies.get(name)?.toReversed() ?? []);
  for (const [order, file] of [...new Set(wanted)].entries()) {
    unpack(
      path.join(kernelFile(kernel, 'modules'), file),
      path.join(folder, `${String(order).padStart(2, '0')}-${moduleName(file)}.ko`),
    );
  }
}

function readModulesDep(kernel: string): Map<string, readonly string[]> {
  const text = readFileSync(path.join(kernelFile(kernel, 'modules'), 'modules.dep'), 'utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.match(/[^\s:]+/g) ?? []);
  return new Map(lines.map((files) => [moduleName(files[0] ?? ''), files]));
}

const moduleName = (file: string): string => path.basename(file).replace(/\.ko(\.\w+)?$/, '');

/** Unpacked here, because busybox's insmod cannot load compressed modules. */
function unpack(from: string, to: string): void {
  const unpacker = from.endsWith('.xz') ? 'xz' : from.endsWith('.zst') ? 'zstd' : undefined;
  if (unpacker === undefined) copyFileSync(from, to);
  else writeFileSync(to, execFileSync(unpacker, ['-dc', from], { maxBuffer: 64 << 20 }));
}
