import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { listVariable, parseList } from './kernel-list.ts';

/*
 * run.ts [--kernels LIST] [VITEST'S OPTION]...: boots the kernels of the list and compares.
 * Vitest refuses options that it does not know, so the list goes to its configuration in the environment.
 */

const options = process.argv.slice(2);
const at = options.indexOf('--kernels');
const [, list] = at < 0 ? [] : options.splice(at, 2);
const env = { ...process.env };
if (at >= 0) {
  parseList(list ?? '');
  env[listVariable] = list;
}
const config = path.join(import.meta.dirname, 'vitest.config.ts');
const { status } = spawnSync('vitest', ['run', '--config', config, ...options], { env, stdio: 'inherit' });
process.exitCode = status ?? 1;
