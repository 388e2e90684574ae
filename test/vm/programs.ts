import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cache } from './cache.ts';

const tools = path.join(cache, 'tools');
const toolLibraries = path.join(tools, 'usr/lib/x86_64-linux-gnu');
const loader = 'ld-linux-x86-64.so.2';

/**
 * The command line of one of sid's tools, run with sid's C library, which may be newer than this machine's.
 */
export const toolCommand = (tool: string): readonly [string, ...string[]] => [
  path.join(toolLibraries, loader),
  '--library-path',
  toolLibraries,
  path.join(tools, tool),
];

/** Puts one of sid's tools into `root` as the command `to`; its libraries go to /tools. */
export function installTool(root: string, tool: string, to: string): void {
  const [program, ...options] = toolCommand(tool);
  const libraries = absolutePaths(execFileSync(program, ['--list', ...options], { encoding: 'utf8' }));
  for (const file of [path.join(tools, tool), ...libraries]) {
    install(root, file, path.join('/tools', path.basename(file)));
  }
  const inGuest = `/tools/${loader} --library-path /tools /tools/${path.basename(tool)}`;
  installScript(root, to, `#!/bin/sh\nexec ${inGuest} "$@"\n`);
}

/** Copies a program of this machine to a path below `root`, and its libraries to the same paths as here. */
export function installProgram(root: string, program: string, to: string): void {
  install(root, program, to);
  for (const library of absolutePaths(execFileSync('ldd', [program], { encoding: 'utf8' }))) {
    install(root, library, library);
  }
}

/** Copies a file to a path below `root`. */
export function install(root: string, from: string, to: string): void {
  mkdirSync(path.join(root, path.dirname(to)), { recursive: true });
  copyFileSync(from, path.join(root, to));
}

/** Writes a program to a path below `root`. */
export function installScript(root: string, to: string, text: string): void {
  mkdirSync(path.join(root, path.dirname(to)), { recursive: true });
  writeFileSync(path.join(root, to), text, { mode: 0o755 });
}

const absolutePaths = (text: string): string[] => text.match(/\/\S+/g) ?? [];
