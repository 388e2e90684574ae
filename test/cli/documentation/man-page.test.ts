import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/declarations/commands.ts';

const PATH = fileURLToPath(new URL('../../../dist/kdump-inspect.1', import.meta.url));
const PAGE = readFileSync(PATH, 'utf8');
const LINES = PAGE.trimEnd().split('\n');

/** Text as a reader sees it: without fonts, and with plain characters. */
function plain(line: string): string {
  const characters: Readonly<Record<string, string>> = { aq: "'", dq: '"', ga: '`', ha: '^', ti: '~' };
  return line
    .replace(/\\f[BIR]/g, '')
    .replace(/\\\((..)/g, (_, name: string) => characters[name] ?? '?')
    .replaceAll('\\-', '-')
    .replaceAll('\\&', '')
    .replaceAll('\\e', '\\');
}

/** The lines of a section, without its title. */
function section(title: string): string[] {
  const start = LINES.indexOf(`.SH ${title}`) + 1;
  expect(start).toBeGreaterThan(0);
  const end = LINES.findIndex((line, i) => i >= start && line.startsWith('.SH '));
  return LINES.slice(start, end < 0 ? undefined : end).map(plain);
}

describe('the manual', () => {
  it('has the sections of a manual, in their order', () => {
    expect(LINES.flatMap((line) => (line.startsWith('.SH ') ? [line.slice(4)] : []))).toEqual([
      ...['NAME', 'SYNOPSIS', 'DESCRIPTION', 'COMMANDS', 'COMMON OPTIONS', 'EXIT STATUS', 'FILES'],
      ...['EXAMPLES', 'SEE ALSO'],
    ]);
    expect(section('NAME')).toEqual([expect.stringMatching(/^kdump-inspect - \w/)]);
    expect(LINES.find((line) => line.startsWith('.TH'))).toMatch(
      /^\.TH KDUMP\\-INSPECT 1 "" "kdump\\-inspect \d/,
    );
  });

  it('is installed by npm', () => {
    const { man, files } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    );
    expect([man, files]).toEqual([['dist/kdump-inspect.1'], expect.arrayContaining(['dist'])]);
  });

  it('has every command with its summary and each of its own options', () => {
    const text = section('COMMANDS');
    for (const { name, summary, options } of COMMANDS) {
      const at = text.findIndex((line) => line.split(' ')[0] === '.SS' && line.split(' ')[1] === name);
      expect([name, text[at + 1]?.toLowerCase()]).toEqual([name, `${summary}.`.toLowerCase()]);
      const next = text.findIndex((line, i) => i > at && line.startsWith('.SS '));
      const own = text.slice(at, next < 0 ? undefined : next);
      for (const option of Object.keys(options))
        expect(own.filter((line) => line.startsWith(`--${option}`))).toHaveLength(1);
    }
  });

  it('writes sentences, but leaves names at their start as they are', () => {
    expect(section('EXIT STATUS').slice(0, 3)).toEqual(['.TP', '0', 'Done.']);
    expect(section('COMMON OPTIONS')).toContain('VMCOREINFO text of this boot, for a dump without it.');
  });

  it('uses only macros of man(7) and escapes that every roff has, and no text line is a request by accident', () => {
    for (const line of LINES) {
      if (/^[.']/.test(line)) expect(line).toMatch(/^\.(TH|SH|SS|PP|TP|br|nh|ad|\\")( |$)/);
      expect(line.replace(/\\(f[BIR]|\((aq|dq|ga|ha|ti)|[-e&"])/g, '')).not.toContain('\\');
      expect(line).toMatch(/^[\x20-\x7e]+$/);
    }
  });

  it('is formatted without a warning, if groff is installed', () => {
    const { error, stdout, stderr } = spawnSync('groff', ['-ww', '-man', '-Tutf8', PATH], {
      encoding: 'utf8',
    });
    const said = error ? section('SYNOPSIS').join('\n') : stdout;
    expect([said.includes('kdump-inspect'), error ? '' : stderr]).toEqual([true, '']);
  });
});
