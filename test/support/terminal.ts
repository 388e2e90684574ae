import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Seconds in which the last output is read: a terminal whose session has ended drops what was not read. */
const DRAINING = 0.2;

/** Runs a command on a terminal made by script(1), stdout and stderr; returns what was sent to it. */
export function onTerminal(command: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-terminal-'));
  const record = join(folder, 'record');
  // script(1) runs $SHELL. If a signal ends the command, bash says so only on stderr, dash on the terminal.
  const quoted = command.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ');
  try {
    spawnSync('script', ['-qefc', `exec 3>&2 2>/dev/null; ${quoted} 2>&3 3>&-; sleep ${DRAINING}`, record], {
      stdio: 'ignore',
      timeout: 30_000,
      env: { ...process.env, SHELL: '/bin/bash' },
    });
    return readFileSync(record, 'utf8')
      .replace(/^Script started.*\r?\n/, '')
      .replace(/\nScript done.*\n$/, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
