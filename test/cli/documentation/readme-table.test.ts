import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/declarations/commands.ts';
import { withParts } from '../../../src/cli/documentation/generated-parts.ts';
import { readmeParts } from '../../../src/cli/documentation/readme-table.ts';

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

describe('the table of commands in README.md', () => {
  it('matches the declarations: npm run readme renews it', () => {
    expect(README).toBe(withParts(README, readmeParts(COMMANDS)));
  });

  it('has a row for each command, with all its operands', () => {
    for (const { name, operands } of COMMANDS) {
      const rows = README.split('\n').filter((line) => new RegExp(`^\\| \`${name}[ \`]`).test(line));
      expect([name, rows.length]).toEqual([name, 1]);
      const words = Object.values(operands).map((operand) => operand.name.replaceAll('|', '\\|'));
      for (const word of words) expect(rows[0]).toContain(word);
    }
  });

  it('is only written between its marks', () => {
    const [first, ...others] = COMMANDS;
    expect(first?.name).toBe('info');
    const fewer = withParts(README, readmeParts(others));
    expect(fewer).not.toMatch(/^\| `info` /m);
    expect(withParts(fewer, readmeParts(COMMANDS))).toBe(README);
    expect(withParts('# nothing\n', readmeParts(COMMANDS))).toBe('# nothing\n');
  });
});
