import { Argument, Option, Command as Parser } from 'commander';
import { escapeText } from '../report/escape.ts';
import type { Command } from './command/command.ts';
import { PROGRAM } from './command/program-texts.ts';
import { COMMON_OPTIONS } from './options/common-options.ts';
import { type DeclaredOption, flagOf, type Operand } from './options/declared.ts';
import { printOut, say } from './output/write.ts';

declare const __KDUMP_INSPECT_VERSION__: string | undefined;

/** The bundle knows its version; run from source there is none. */
const VERSION = typeof __KDUMP_INSPECT_VERSION__ === 'string' ? __KDUMP_INSPECT_VERSION__ : '0.0.0-source';

/** Runs a command with what was asked of it. @param files of its dump */
export type Run = (
  command: Command,
  files: readonly string[],
  asked: Readonly<Record<string, unknown>>,
) => Promise<void>;

/**
 * The parser of the command line. Where the command is known it has the options of that alone, because to build those of all
 * takes longer than to open a dump.
 * @param first the first word of the command line
 */
export function makeProgram(commands: readonly Command[], run: Run, first?: string): Parser {
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

function parserOf(command: Command, run: Run): Parser {
  const { name, dump, operands, help } = command;
  const parser = new Parser(name).description(command.summary);
  for (const operand of [...(dump ? [dump] : []), ...Object.values(operands)])
    parser.addArgument(argumentOf(operand));
  const options = dump ? { ...command.options, ...COMMON_OPTIONS } : command.options;
  for (const [option, declared] of Object.entries(options))
    for (const one of optionsOf(option, declared)) parser.addOption(one);
  if (help !== undefined) parser.addHelpText('after', ({ command }) => `\n${wrapped(command, help)}`);
  parser.showHelpAfterError(`(kdump-inspect ${name} --help has its operands and options)`);
  parser.action(() => run(command, ...wordsOf(command, parser)));
  return withErrors(parser);
}

/** The files of the dump, and the values of the further operands and of the options by their names. */
function wordsOf({ dump, operands }: Command, parser: Parser): [string[], Record<string, unknown>] {
  const values = [...parser.processedArgs];
  const files = dump ? [values.shift() as string | string[]].flat() : [];
  const named = Object.keys(operands).map((name, i) => [name, values[i]]);
  return [files, { ...Object.fromEntries(named), ...parser.opts() }];
}

function argumentOf({ name, meaning, optional, many, choices, parse }: Operand): Argument {
  const word = many ? `${name}...` : name;
  const argument = new Argument(optional ? `[${word}]` : `<${word}>`, meaning);
  if (choices) argument.choices(choices);
  const parser = parserFor(parse, many);
  if (parser) argument.argParser(parser);
  return argument;
}

/** Commander's options for a declared one: a switch that can be turned off is two. */
function optionsOf(name: string, declared: DeclaredOption): Option[] {
  const { short, argument, meaning, negated } = declared;
  const flags = `${short ? `-${short}, ` : ''}${flagOf(name)}${argument ? ` <${argument}>` : ''}`;
  const option = new Option(flags, meaning);
  const { choices, parse, many, conflicts } = declared;
  if (choices) option.choices(choices);
  const parser = parserFor(parse, many);
  if (parser) option.argParser(parser);
  if (declared.default !== undefined) option.default(declared.default);
  if (conflicts) option.conflicts([...conflicts]);
  return negated === undefined ? [option] : [option, new Option(`--no-${name}`, negated)];
}

/** What commander is to make of a word; nothing where it does the right thing by itself. */
function parserFor(parse: Operand['parse'], many = false) {
  if (!many) return parse;
  // There may be a hundred thousand of them, so the list of those before is not copied for each.
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

/** Wrapped as commander wraps the rest of a help. */
function wrapped(parser: Parser, text: string): string {
  const width = parser.configureOutput().getOutHelpWidth?.() ?? 80;
  return parser.createHelp().boxWrap(text, width);
}

/** Errors of usage come back to main() instead of ending the process, and what they quote cannot reach the terminal raw. */
function withErrors(command: Parser): Parser {
  const outputError = (text: string) => say(`${escapeUsage(text.trimEnd())}\n`);
  return command.exitOverride().configureOutput({ writeOut: printOut, writeErr: say, outputError });
}

/** Commander's guess at what was meant stands on a line of its own. */
function escapeUsage(text: string): string {
  const at = text.lastIndexOf('\n(Did you mean ');
  return at < 0 ? escapeText(text) : `${escapeText(text.slice(0, at))}\n${escapeText(text.slice(at + 1))}`;
}
