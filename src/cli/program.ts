import { Argument, Option } from 'commander';
import { allOptionsOf, type Command, operandsOf } from './command/command.ts';
import { PROGRAM } from './command/program-texts.ts';
import { type DeclaredOption, flagOf, type Operand, takesNextWord } from './options/declared.ts';
import { wordParser } from './options/word-parser.ts';
import { printOut } from './output/write.ts';
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

/** What writes the help, which is loaded only if the command line asks for it. */
type Helper = typeof import('./help.ts');

/**
 * The parser of the command line. If the command is known the parser has only that, because building the
 * options of all commands takes longer than opening a dump.
 * @param first the first word of the command line
 */
export function makeProgram(
  commands: readonly Command[],
  run: RunCommand,
  { first, helper }: { readonly first?: string | undefined; readonly helper?: Helper | undefined },
): Parser {
  const program = new Parser(PROGRAM.name)
    .description(PROGRAM.description)
    .version(VERSION, '-V, --version', 'print the version');
  const known = commands.filter(({ name }) => name === first);
  for (const command of known.length > 0 ? known : commands) {
    const parser = parserOf(command, run);
    helper?.withCommandHelp(parser, command);
    program.addCommand(parser);
  }
  helper?.withProgramHelp(program);
  return withErrors(program);
}

function parserOf(command: Command, run: RunCommand): Parser {
  const { name } = command;
  const parser = new Parser(name).description(command.summary).allowExcessArguments();
  for (const operand of operandsOf(command)) parser.addArgument(argumentOf(operand, name));
  for (const [option, declared] of Object.entries(allOptionsOf(command)))
    for (const one of optionsOf(option, declared, name)) parser.addOption(one);
  parser.action(async () => {
    await refuseMore(command, parser.args);
    return run(command, ...wordsOf(command, parser));
  });
  return withErrors(parser);
}

/** @throws InspectError usage, if there are more operands than the command takes */
async function refuseMore(command: Command, given: readonly string[]): Promise<void> {
  const operands = operandsOf(command);
  const last = operands.at(-1);
  const excess = last?.many || last?.parseWords ? undefined : given[operands.length];
  if (excess !== undefined) throw (await import('./usage-error.ts')).unexpectedOperand(command, excess);
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

function argumentOf(operand: Operand, command: string): Argument {
  const { name, meaning, optional, many, choices, parseWords } = operand;
  const word = many || parseWords ? `${name}...` : name;
  const argument = new Argument(optional ? `[${word}]` : `<${word}>`, meaning);
  if (choices) argument.choices(choices);
  const parser = wordParser(operand, command, name);
  if (parser) argument.argParser(parser);
  return argument;
}

/** Commander's options for a declared option: two for one that can also be turned off. */
function optionsOf(name: string, declared: DeclaredOption, command: string): Option[] {
  const option = optionOf(name, declared);
  const { choices, conflicts, negated, off } = declared;
  if (choices) option.choices(choices);
  const parser = wordParser(declared, command, flagOf(name));
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

/** Usage errors return to main(), which says them in the program's own words. */
function withErrors(command: Parser): Parser {
  const silent = () => {};
  return command
    .exitOverride()
    .configureOutput({ writeOut: printOut, writeErr: silent, outputError: silent });
}
