import { expect, it } from 'vitest';
import { run } from '../support/run.ts';
import type { CrashedGuest } from './machine.ts';
import { inspect } from './reports.ts';

/** What is told about a kernel that has no BTF, and what is refused by name. */
export function testWithoutTypes(guest: () => CrashedGuest): void {
  it('names the kernel, the machine and the panic', () => {
    const { kernel, crash, commandLine } = inspect('info', guest().vmcore);
    expect(kernel.release).toBe(guest().answers.text('release').trim());
    expect(crash.reason).toBe('Kernel panic - not syncing: sysrq triggered crash');
    expect(`${commandLine}\n`).toBe(guest().answers.text('cmdline'));
  });

  it('refuses ps', () => {
    const { status, stdout, stderr } = run(['ps', guest().vmcore]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/BTF/);
  });
}
