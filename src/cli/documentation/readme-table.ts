import type { Command } from '../command/command.ts';
import { operandWords } from './operand-words.ts';
import { type OptionForm, ownForms } from './option-forms.ts';

/** The marks in README.md around the table that `npm run readme` writes. */
const BEGIN = '<!-- npm run readme writes this table -->';
const END = '<!-- end of the table -->';

/** The README with its table of commands replaced by that of these commands. */
export function withCommandTable(readme: string, commands: readonly Command[]): string {
  const [before, rest] = cut(readme, BEGIN);
  const [, after] = cut(rest, END);
  return `${before}${BEGIN}\n\n${commandTable(commands)}\n${END}${after}`;
}

function cut(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  if (index < 0) throw new Error(`README.md has no line ${at}`);
  return [text.slice(0, index), text.slice(index + at.length)];
}

/** The commands with their operands, summaries and own options as a Markdown table. */
function commandTable(commands: readonly Command[]): string {
  const rows = commands.map((command) => {
    const options = ownForms(command).map(optionText).join(', ');
    return `| ${usageOf(command)} | ${command.summary}${options === '' ? '' : `; ${options}`} |\n`;
  });
  return `| command | answers |\n|---|---|\n${rows.join('')}`;
}

/** The command with its operands, without the optional files of a dump. */
function usageOf(command: Command): string {
  const words = command.dump?.optional ? operandWords(command).slice(1) : operandWords(command);
  return code([command.name, ...words].join(' '));
}

function optionText({ long, argument, choices }: OptionForm): string {
  if (argument === null) return code(long);
  return code(`${long} ${choices.length === 0 ? argument.toUpperCase() : choices.join('|')}`);
}

/** Code in a table cell, where | needs a backslash. */
function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
