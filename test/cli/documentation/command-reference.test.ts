import { describe, expect, it } from 'vitest';
import { type Command, plainCommand } from '../../../src/cli/command/command.ts';
import { COMMANDS } from '../../../src/cli/declarations/commands.ts';
import { referenceParts } from '../../../src/cli/documentation/command-reference.ts';
import { optionForms } from '../../../src/cli/documentation/option-forms.ts';

const parts = referenceParts(COMMANDS);
const partOf = (name: string) => parts.get(name) ?? '';

describe('the reference of the commands', () => {
  it.each(COMMANDS)('has every operand and option of $name', (command) => {
    const text = `${partOf(`command ${command.name}`)}${partOf('common options')}`;
    for (const operand of Object.values(command.operands))
      expect(text).toContain(`| \`${operand.name.replaceAll('|', '\\|')}\` |`);
    const forms = optionForms(command).filter(({ long }) => long !== '--help');
    for (const { long } of forms) expect(text).toMatch(new RegExp(`^\\| (\`-.*\`, )?\`${long}[[ \`]`, 'm'));
  });

  it('takes nothing of their texts for Markdown', () => {
    const odd: Command = plainCommand({
      name: 'odd',
      summary: 'a * and [a](b)',
      options: { mark: { argument: 'x|y', meaning: 'a | b', choices: ['<', '|'], default: '|' } },
      help: '> marks <a> with `<b>`',
      examples: [],
      load: async () => ({ text: () => '' }),
    });
    expect(referenceParts([odd]).get('command odd')).toBe(`A \\* and \\[a\\](b).

    kdump-inspect odd [options]

|  |  |
| --- | --- |
| \`--mark X\\|Y\` | a \\| b: \`<\`, \`\\|\`; \`\\|\` if not given |

\\> marks \\<a> with \`<b>\`
`);
  });
});
