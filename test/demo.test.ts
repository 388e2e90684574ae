import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function demo(pipe: string) {
  const script = `{ node_modules/.bin/tsx fixtures/demo.ts; echo "status $?" >&2; } ${pipe}`;
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', script], { cwd: ROOT, encoding: 'utf8' });
  return { stdout, stderr };
}

describe('npm run demo', () => {
  it('shows each command and what it prints', () => {
    const { stdout, stderr } = demo('');
    expect(stderr).toBe('status 0\n');
    const commands = [...stdout.matchAll(/^\$ kdump-inspect (\S+)/gm)].map(([, command]) => command);
    expect(commands).toEqual(['info', 'pages', 'vmcoreinfo', 'symbols', 'page']);
    expect(stdout).toContain('sysrq triggered crash');
    expect(stdout).toContain('\nKERN_DATA ');
  });

  it.each([1, 3, 40])('ends quietly if only %i lines are read', (lines) => {
    const { stdout, stderr } = demo(`| head -n ${lines}`);
    expect(stderr).toBe('status 0\n');
    expect(stdout.split('\n').length).toBe(lines + 1);
  });
});
