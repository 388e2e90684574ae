import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpOf } from './support/fixture.ts';
import { shell } from './support/run.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = ['README.md', '.github/docs/reports.md'].map((path) =>
  readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'),
);
const EXAMPLE = /^```\n\$ (?<command>kdump-inspect .*)\n(?<output>[^`]*)^```$/gm;
/** A line of its own, for what the README leaves out. */
const LEFT_OUT = /^\.\.\.$/m;

const examples = Array.from(PAGES.join('\n').matchAll(EXAMPLE), ({ groups }) => [
  groups?.command ?? '',
  groups?.output ?? '',
]);

describe('the examples of the README and the pages that it leads to', () => {
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

describe('the links between the pages', () => {
  const folders = ['.', 'src', '.github', '.github/docs'];
  const pages = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );

  it.each(pages)('of %s lead to files that exist', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const links = Array.from(text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g), ([, to = '']) => to);
    const local = links.filter((to) => !to.includes('://'));
    expect(local.filter((to) => !existsSync(join(ROOT, dirname(page), to)))).toEqual([]);
  });
});
