import { Argument, Option } from 'commander';
import { escapeText } from '../report/escape.ts';
import { allOptionsOf, type Command, operandsOf } from './command/command.ts';
import { PROGRAM } from './command/program-texts.ts';
import { type DeclaredOption, flagOf, type Operand, takesNextWord } from './options/declared.ts';
import { printOut, say } from './output/write.ts';
import { Parser } from './parser.ts';

declare const __KDUMP_INSPECT_VERSION__: string | undefined;

/** The build sets the version; the source has none. */
const VERSION = typeof __KDUMP_INSPECT_VERSION__ === 'string' ? __KDUMP_INSPECT_VERSION__ : '0.0.0-source';

/** Runs a command. @param files of its dump; @param asked values of its operands and options, by name */
export type RunCommand = (
  command: Command,
  files: readonly string[],
  asked: Readonly<Record<string, unknown>>,
) => Promise<void>;

/**
 * The parser of the command line. If the command is known the parser has only that, because building the
 * options of all commands takes longer than opening a dump.
 * @param first the first word of the command line
 */
export function makeProgram(commands: readonly Command[], run: RunCommand, first?: string): Parser {
  const program = new Parser(PROGRAM.name)
    .description(PROGRAM.description)
    .version(VERSION)
    .addHelpText('after', afterHelp)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .showHelpAfterError('(kdump-inspect --help lists the commands and options)');
  const known = commands.filter(({ name }) => name === first);
  for (const command of known.length > 0 ? known : commands) program.addCommand(parserOf(command, run));
  return withErrors(program);
}

function parserOf(command: Command, run: RunCommand): Parser {
  const { name, help } = command;
  const parser = new Parser(name).description(command.summary);
  for (const operand of operandsOf(command)) parser.addArgument(argumentOf(operand));
  for (const [option, declared] of Object.entries(allOptionsOf(command)))
    for (const one of optionsOf(option, declared)) parser.addOption(one);
  if (help !== undefined) parser.addHelpText('after', ({ command }) => `\n${wrapped(command, help)}`);
  parser.showHelpAfterError(`(kdump-inspect ${name} --help lists its operands and options)`);
  parser.action(() => run(command, ...wordsOf(command, parser)));
  return withErrors(parser);
}

/** The files of the dump, and the values of the other operands and of the options by name. */
function wordsOf({ dump, operands }: Command, parser: Parser): [string[], Record<string, unknown>] {
  const values = [...parser.processedArgs];
  const files = dump ? [values.shift() as string | string[]].flat() : [];
  const named = Object.entries(operands).map(([name, operand], i) => [name, valueFrom(operand, values[i])]);
  return [files, { ...Object.fromEntries(named), ...parser.opts() }];
}

/** @param value as the parser has it: for several words an array, which is empty if there are none */
function valueFrom({ parseWords }: Operand, value: unknown): unknown {
  if (!parseWords || !Array.isArray(value)) return value;
  return value.length > 0 ? parseWords(value) : undefined;
}

function argumentOf({ name, meaning, optional, many, choices, parse, parseWords }: Operand): Argument {
  const word = many || parseWords ? `${name}...` : name;
  const argument = new Argument(optional ? `[${word}]` : `<${word}>`, meaning);
  if (choices) argument.choices(choices);
  const parser = parserFor(parse, many);
  if (parser) argument.argParser(parser);
  return argument;
}

/** Commander's options for a declared option: two for one that can also be turned off. */
function optionsOf(name: string, declared: DeclaredOption): Option[] {
  const option = optionOf(name, declared);
  const { choices, parse, many, conflicts, negated, off } = declared;
  if (choices) option.choices(choices);
  const parser = parserFor(parse, many);
  if (parser) option.argParser(parser);
  if (declared.default !== undefined) option.default(declared.default);
  if (conflicts) option.conflicts([...conflicts]);
  return negated === undefined ? [option] : [option, new Option(`--no-${name}`, negated).preset(off)];
}

function optionOf(name: string, declared: DeclaredOption): Option {
  const { short, argument, bare, meaning } = declared;
  const flags = `${short ? `-${short}, ` : ''}${flagOf(name)}`;
  if (argument === undefined) return new Option(flags, meaning);
  if (takesNextWord(declared)) return new Option(`${flags} <${argument}>`, meaning);
  const option = new Option(`${flags} [${argument}]`, meaning).preset(bare);
  // As the help shows it; commander has taken the flags apart already.
  option.flags = `${flags}[=${argument}]`;
  return option;
}

/** How commander turns text into a value; undefined if its own way is right. */
function parserFor(parse: Operand['parse'], many = false) {
  if (!many) return parse;
  // There may be a hundred thousand values, so the list is not copied for each.
  return (text: string, before: unknown) => {
    const all = Array.isArray(before) ? before : [];
    all.push(parse ? parse(text) : text);
    return all;
  };
}

function afterHelp({ command }: { command: Parser }): string {
  const explained = PROGRAM.examples.filter(([, meaning]) => meaning !== '');
  const width = explained.reduce((most, [line]) => Math.max(most, line.length), 0);
  const examples = PROGRAM.examples.map(([line, meaning]) =>
    `  ${line.padEnd(width)}   ${meaning}`.trimEnd(),
  );
  const statuses = PROGRAM.statuses.map(([status, meaning]) => `${status} ${meaning}`).join('; ');
  return `
Examples:
${examples.join('\n')}

${PROGRAM.withoutFile}

${wrapped(command, `Exit status: ${statuses}.`)}
`;
}

/** Text that is wrapped like the rest of the help. */
function wrapped(parser: Parser, text: string): string {
  const width = parser.configureOutput().getOutHelpWidth?.() ?? 80;
  return parser.createHelp().boxWrap(text, width);
}

/**
 * Usage errors return to main() instead of ending the process, and what they quote is escaped for the
 * terminal.
 */
function withErrors(command: Parser): Parser {
  const outputError = (text: string) => say(`${escapeUsage(text.trimEnd())}\n`);
  return command.exitOverride().configureOutput({ writeOut: printOut, writeErr: say, outputError });
}

/** Commander's suggestion stays on its own line. */
function escapeUsage(text: string): string {
  const at = text.lastIndexOf('\n(Did you mean ');
  return at < 0 ? escapeText(text) : `${escapeText(text.slice(0, at))}\n${escapeText(text.slice(at + 1))}`;
}
