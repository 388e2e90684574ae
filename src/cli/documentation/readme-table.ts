import type { Command } from '../command/command.ts';
import { operandWords } from './operand-words.ts';
import { type OptionForm, ownForms } from './option-forms.ts';

/** Between these lines of README.md stands what `npm run readme` writes there. */
const BEGIN = '<!-- What follows is written by npm run readme. -->';
const END = '<!-- What follows is not. -->';

/** A README with the table of these commands in the place of the one that it has. */
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

/** The commands with their operands, summaries and own options, in Markdown. */
function commandTable(commands: readonly Command[]): string {
  const rows = commands.map((command) => {
    const options = ownForms(command).map(optionText).join(', ');
    return `| ${usageOf(command)} | ${command.summary}${options === '' ? '' : `; ${options}`} |\n`;
  });
  return `| command | answers |\n|---|---|\n${rows.join('')}`;
}

/** Without what every command may have: its files. */
function usageOf(command: Command): string {
  const words = command.dump?.optional ? operandWords(command).slice(1) : operandWords(command);
  return code([command.name, ...words].join(' '));
}

function optionText({ long, argument, choices }: OptionForm): string {
  if (argument === null) return code(long);
  return code(`${long} ${choices.length === 0 ? argument.toUpperCase() : choices.join('|')}`);
}

/** In a table a | stands for itself only with a backslash. */
function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
