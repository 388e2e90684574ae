import { type Command, operandsOf } from '../command/command.ts';
import { PROGRAM } from '../command/program-texts.ts';
import type { Operand } from '../options/declared.ts';
import type { Parts } from './generated-parts.ts';
import { code, markdownTable, plain } from './markdown.ts';
import { operandWords } from './operand-words.ts';
import { commonForms, type OptionForm, ownForms } from './option-forms.ts';
import { sentence } from './sentence.ts';

/** What the reference of the commands says by their declarations: a part per command, and the rest. */
export function referenceParts(commands: readonly Command[]): Parts {
  return new Map([
    ...commands.map((command) => [`command ${command.name}`, commandReference(command)] as const),
    ['common options', optionTable(commonForms())],
  ]);
}

function commandReference(command: Command): string {
  const synopsis = [PROGRAM.name, command.name, ...operandWords(command), '[options]'].join(' ');
  const rows = [...operandsOf(command).map(operandRow), ...ownForms(command).map(optionRow)];
  const paragraphs = [
    plain(sentence(command.summary)),
    `    ${synopsis}`,
    markdownTable(['', ''], rows).trimEnd(),
    ...(command.help === undefined ? [] : [plain(command.help)]),
    ...exampleLines(command),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

/** The examples as one block of code, each with its meaning as the comment that a shell skips. */
function exampleLines({ examples }: Command): string[] {
  const width = examples.reduce((most, [line]) => Math.max(most, line.length), 0);
  const lines = examples.map(([line, meaning]) =>
    meaning === '' ? `    ${line}` : `    ${line.padEnd(width)}   # ${meaning}`,
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function optionTable(forms: readonly OptionForm[]): string {
  return markdownTable(['', ''], forms.map(optionRow));
}

function operandRow({ name, meaning, choices }: Operand): string[] {
  return [code(name), described(meaning, choices)];
}

function optionRow(form: OptionForm): string[] {
  const { long, short, argument, optional, meaning, choices, default: standard } = form;
  const name = argument?.toUpperCase();
  const value = name === undefined ? '' : optional ? `[=${name}]` : ` ${name}`;
  const flags = [...(short === null ? [] : [short]), long].map((flag) => code(`${flag}${value}`));
  const usual = standard === null ? '' : `; ${code(standard)} if not given`;
  return [flags.join(', '), `${described(meaning, choices)}${usual}`];
}

function described(meaning: string, choices: readonly string[] = []): string {
  const values = choices.length === 0 ? '' : `: ${choices.map(code).join(', ')}`;
  return `${plain(meaning)}${values}`;
}
