import type { Command } from '../command/command.ts';
import type { Parts } from './generated-parts.ts';
import { code, markdownTable } from './markdown.ts';
import { operandWords } from './operand-words.ts';
import { type OptionForm, ownForms } from './option-forms.ts';

/** What the README says by the declarations: the table of commands. */
export function readmeParts(commands: readonly Command[]): Parts {
  return new Map([['commands', commandTable(commands)]]);
}

/** The commands with their operands, summaries and own options. */
function commandTable(commands: readonly Command[]): string {
  const rows = commands.map((command) => {
    const options = ownForms(command).map(optionText).join(', ');
    return [usageOf(command), `${command.summary}${options === '' ? '' : `; ${options}`}`];
  });
  return markdownTable(['command', 'answers'], rows);
}

/** The command with its operands, without the optional files of a dump. */
function usageOf(command: Command): string {
  const words = command.dump?.optional ? operandWords(command).slice(1) : operandWords(command);
  return code([command.name, ...words].join(' '));
}

function optionText({ long, argument, optional, choices }: OptionForm): string {
  if (argument === null) return code(long);
  const value = choices.length === 0 ? argument.toUpperCase() : choices.join('|');
  return code(optional ? `${long}[=${value}]` : `${long} ${value}`);
}
