import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a command on a terminal that script(1) makes, stdout and stderr; returns what the terminal was sent. */
export function onTerminal(command: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-terminal-'));
  const record = join(folder, 'record');
  const quoted = command.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ');
  try {
    spawnSync('script', ['-qefc', `exec ${quoted}`, record], { stdio: 'ignore', timeout: 30_000 });
    return readFileSync(record, 'utf8')
      .replace(/^Script started.*\r?\n/, '')
      .replace(/\nScript done.*\n$/, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
