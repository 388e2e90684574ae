import { type Command, operandsOf } from '../command/command.ts';
import { PROGRAM } from '../command/program-texts.ts';
import { operandWords } from './operand-words.ts';
import { commonForms, type OptionForm, ownForms } from './option-forms.ts';
import { sentence } from './sentence.ts';

/** The manual kdump-inspect(1), in the macros of man(7). */
export function manPage(commands: readonly Command[], version: string): string {
  const { name, summary, description, withoutFile } = PROGRAM;
  const sections: readonly [string, readonly string[]][] = [
    ['NAME', [`${roff(name)} \\- ${roff(summary)}`]],
    ['SYNOPSIS', synopsis(commands)],
    ['DESCRIPTION', [roff(description), '.PP', roff(PROGRAM.reads), '.PP', roff(withoutFile)]],
    ['COMMANDS', commands.flatMap(commandLines)],
    ['COMMON OPTIONS', [roff(PROGRAM.common), ...commonForms().flatMap(optionLines)]],
    ['EXIT STATUS', PROGRAM.statuses.flatMap(([status, meaning]) => tagged(bold(String(status)), meaning))],
    ['FILES', PROGRAM.files.flatMap(([path, meaning]) => tagged(italic(path), meaning))],
    ['EXAMPLES', PROGRAM.examples.flatMap(exampleLines)],
    ['SEE ALSO', [PROGRAM.seeAlso.map(([page, section]) => `${bold(page)}(${section})`).join(',\n')]],
  ];
  const body = sections.flatMap(([title, lines]) => [`.SH ${title}`, ...lines]);
  const head = `.TH ${name.toUpperCase().replaceAll('-', '\\-')} 1 "" "${roff(name)} ${version}" "User Commands"`;
  return `${[`.\\" Made from the declarations of the commands.`, head, '.nh', '.ad l', ...body].join('\n')}\n`;
}

function synopsis(commands: readonly Command[]): string[] {
  return commands.flatMap((command, i) => [...(i === 0 ? [] : ['.br']), usageOf(command)]);
}

function usageOf(command: Command): string {
  const operands = operandWords(command).map(
    (word) =>
      ` ${word
        .split(/([A-Z|]+)/)
        .map(wordPart)
        .join('')}`,
  );
  return `${bold(`${PROGRAM.name} ${command.name}`)} [${italic('options')}]${operands.join('')}`;
}

const wordPart = (part: string, i: number) => (i % 2 === 1 ? italic(part) : roff(part));

function commandLines(command: Command): string[] {
  const { name, summary, help, examples } = command;
  const own = operandsOf(command).filter(({ completes }) => completes !== 'file');
  return [
    `.SS ${roff([name, ...operandWords(command)].join(' '))}`,
    `${roff(sentence(summary))}`,
    ...own.flatMap(({ name: operand, meaning, choices }) =>
      tagged(italic(operand), withChoices(meaning, choices ?? [])),
    ),
    ...ownForms(command).flatMap(optionLines),
    ...(help === undefined ? [] : ['.PP', roff(help)]),
    ...(examples.length === 0 ? [] : ['.PP', 'Examples:']),
    ...examples.flatMap(exampleLines),
  ];
}

function optionLines(form: OptionForm): string[] {
  const { long, short, argument, optional, meaning, choices, default: standard } = form;
  const flags = [...(short === null ? [] : [short]), long].map(bold).join(', ');
  const value = argument === null ? '' : optional ? `[=${italic(argument)}]` : ` ${italic(argument)}`;
  const usual = standard === null ? '' : `; default: ${standard}`;
  return tagged(`${flags}${value}`, `${withChoices(meaning, choices)}${usual}`);
}

function withChoices(meaning: string, choices: readonly string[]): string {
  return choices.length === 0 ? meaning : `${meaning}: ${choices.join(', ')}`;
}

function exampleLines([line, meaning]: readonly [string, string]): string[] {
  return tagged(bold(line), meaning);
}

/** A paragraph with a tag, as for an option. */
function tagged(tag: string, text: string): string[] {
  return ['.TP', tag, text === '' ? '\\&' : roff(sentence(text))];
}

function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

/** Characters that are special to roff, or that it would replace by typographic ones. */
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
};

/** Text for the body of a manual, of which no line is taken for a request. */
function roff(text: string): string {
  return text.replace(/[-\\'`^~"]/g, (character) => ESCAPES[character] ?? character).replace(/^\./gm, '\\&.');
}
