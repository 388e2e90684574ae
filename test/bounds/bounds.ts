import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from '../support/run.ts';
import { FILES } from './files.ts';
import { measure } from './measure.ts';

/*
 * npm run test:bounds [NAME...]: every command on files that were made to be too much for it, at full size.
 * PROGRAM in the environment is another built program to measure. Ends with status 1 if a command takes more
 * than is allowed.
 */

const MOST_MIB = 300;
const MOST_SECONDS = 30;
/** Seconds after which a command is killed. */
const PATIENCE = 90;

/** Addresses of the direct map, as many as a command line may have. */
const MANY = Array.from(
  { length: 70_000 },
  (_, i) => `0x${(0xffff_8880_0000_0000n + BigInt(i) * 4096n).toString(16)}`,
);

const COMMANDS: readonly (readonly [command: string, ...operands: string[]])[] = [
  ['info'],
  ['pages'],
  ['pages', '--compat', 'makedumpfile'],
  ['usage', '--top', '100000', '--json'],
  ['ps'],
  ['ps', '--threads', '--json'],
  ['dmesg'],
  ['dmesg', '--json'],
  ['dmesg', '--panic'],
  ['dmesg', '--last', '1000000'],
  ['page', '0x1000'],
  ['struct', 'init_task'],
  ['struct', 'planted'],
  ['symbols'],
  ['symbols', '--json'],
  ['symbols', '?*?*?*?*?*?*Q'],
  ['layout'],
  ['vmcoreinfo'],
  ['segments'],
  ['segments', '--json'],
  ['translate', '0xffffffff81000000'],
  ['translate', ...MANY, '--json'],
];

const [only = '', ...names] = process.argv.slice(2);
const commands = only.startsWith('--only=')
  ? COMMANDS.filter(([command]) => only.slice(7).split(',').includes(command))
  : COMMANDS;
const wanted = only.startsWith('--only=') ? names : [only, ...names].filter((name) => name !== '');
const folder = mkdtempSync(join(process.env.BOUNDS_FOLDER ?? tmpdir(), 'kdump-inspect-bounds-'));
let failures = 0;
try {
  for (const [name, make] of Object.entries(FILES))
    if (wanted.length === 0 || wanted.includes(name)) await tryAll(name, make);
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failures > 0 ? 1 : 0;

async function tryAll(name: string, make: (path: string) => readonly string[]): Promise<void> {
  const path = join(folder, name);
  const parts = make(path);
  for (const [command, ...operands] of commands) {
    const given = [...operands, ...parts.flatMap((part) => ['--part', part])];
    const taken = await measure(process.env.PROGRAM ?? PROGRAM, [command, path, ...given], PATIENCE);
    const bad = taken.peak > MOST_MIB || taken.seconds > MOST_SECONDS;
    if (bad) failures++;
    const figures = `${taken.peak.toFixed(0).padStart(5)} MiB ${taken.seconds.toFixed(1).padStart(6)} s`;
    const end = taken.status === null ? 'too long' : `status ${taken.status}`;
    process.stdout.write(
      `${bad ? '!' : ' '} ${figures}  ${name.padEnd(16)} ${[command, ...operands].join(' ').slice(0, 60)}: ${end} ${taken.said.slice(0, 160)}\n`,
    );
  }
  for (const file of [path, ...parts]) rmSync(file);
}
