// The examples in pages of documentation: a command line, and what it prints to a terminal of 80 columns.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expandFile } from '../fixtures/expand.ts';

/** The dump that is `vmcore` in examples without another one. */
const USUAL = 'linux-6.12-numa.elf';
/** `vmcore` may be another fixture: `<!-- vmcore is linux-5.10.elf -->` stands before the example. */
const EXAMPLE =
  /(?:^<!-- vmcore is (?<fixture>\S+) -->\n+)?^```\n\$ (?<command>.*kdump-inspect .*)\n(?<output>[^`]*)^```$/gm;
const PROGRAM = fileURLToPath(new URL('../dist/kdump-inspect.js', import.meta.url));

/** An example as a page shows it. */
export interface Example {
  readonly fixture: string;
  /** A line for /bin/sh, which may have pipes: `kdump-inspect usage vmcore | head`. */
  readonly command: string;
  readonly output: string;
}

/** All examples of a page. */
export function examplesOf(page: string): Example[] {
  return Array.from(page.matchAll(EXAMPLE), ({ groups = {} }) => {
    const { fixture = USUAL, command = '', output = '' } = groups;
    return { fixture, command, output };
  });
}

/** A page with what its examples print now. */
export async function withExamples(page: string): Promise<string> {
  const printed: string[] = [];
  for (const example of examplesOf(page)) printed.push(await outputOf(example));
  return page.replace(EXAMPLE, (example: string) => {
    const output = printed.shift() ?? '';
    const [head = ''] = /^[\s\S]*?^\$ .*\n/m.exec(example) ?? [];
    return `${head}${output}\`\`\``;
  });
}

/** What the built program prints, results and messages in the order of a terminal. @throws Error if it fails */
export async function outputOf({ fixture, command }: Example): Promise<string> {
  const dump = await expandFile(fixture);
  const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-example-'));
  try {
    symlinkSync(dump, join(folder, 'vmcore'));
    return inShell(folder, command);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function inShell(folder: string, command: string): string {
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', COLUMNS: '80' };
  const lines = `exec 2>&1\nset -o pipefail\nkdump-inspect() { '${process.execPath}' '${PROGRAM}' "$@"; }\n${command}`;
  const output = execFileSync('/bin/bash', ['-c', lines], { cwd: folder, encoding: 'utf8', env });
  return output.replaceAll(/ +$/gm, '').trimEnd().concat('\n');
}
