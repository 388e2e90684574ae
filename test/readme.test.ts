import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpOf } from './support/fixture.ts';
import { shell } from './support/run.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const EXAMPLE = /^```\n\$ (?<command>kdump-inspect .*)\n(?<output>[^`]*)^```$/gm;
/** A line of its own, for what the README leaves out. */
const LEFT_OUT = /^\.\.\.$/m;

const examples = Array.from(README.matchAll(EXAMPLE), ({ groups }) => [
  groups?.command ?? '',
  groups?.output ?? '',
]);

describe('the examples of the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-readme-'));
  beforeAll(() => symlinkSync(dumpOf('linux-6.12-numa'), join(folder, 'vmcore')));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are found', () => {
    const commands = examples.map(([command]) => command?.split(' ')[1]);
    expect(commands).toEqual(['pages', 'page', 'info', 'usage', 'layout']);
  });

  it.each(examples)('show what is printed: %s', (command, output) => {
    const { status, stdout, stderr } = shell(`cd '${folder}' && ${command.replace('kdump-inspect', '$KI')}`);
    expect([status, stderr]).toEqual([0, '']);
    const parts = output.split(LEFT_OUT).map((part) => part.trim());
    for (const part of parts) expect(stdout).toContain(part);
    if (parts.length === 1) expect(stdout.trim()).toBe(parts[0]);
  });
});
