import type { CommanderError } from 'commander';
import { type ErrorFacts, InspectError } from '../errors.ts';
import { allOptionsOf, type Command } from './command/command.ts';
import { PROGRAM } from './command/program-texts.ts';
import { operandWords } from './documentation/operand-words.ts';
import { COMMON_OPTIONS } from './options/common-options.ts';
import { type DeclaredOption, type DeclaredOptions, flagOf } from './options/declared.ts';

/** What the parser found: the words that its message quotes, and the option that it takes for meant. */
interface Finding {
  readonly quoted: readonly string[];
  readonly near: string | undefined;
}

type Explain = (finding: Finding, command: Command | undefined, commands: readonly Command[]) => InspectError;

/** By commander's codes (lib/command.js). */
const EXPLAINED: Readonly<Record<string, Explain>> = {
  'commander.unknownOption': unknownOption,
  'commander.unknownCommand': unknownCommand,
  'commander.missingArgument': ({ quoted: [argument = ''] }, command) =>
    wrong(command, `${argument} is missing`, { argument, hint: usageOf(command) }),
  'commander.optionMissingArgument': ({ quoted: [flags = ''] }, command) => {
    const argument = longOf(flags);
    const option = command && optionOf(allOptionsOf(command), argument);
    const hint = option ? `${flags}: ${option.meaning}` : helpOf(command);
    return wrong(command, `${argument} needs a value`, { argument, hint });
  },
  'commander.conflictingOption': ({ quoted: [one = '', other = ''] }, command) =>
    wrong(command, `${longOf(one)} and ${longOf(other)} cannot be used together`, {
      argument: longOf(one),
    }),
};

const PROGRAM_HELP = `${PROGRAM.name} --help lists the commands and options`;

/**
 * What commander says is wrong with a command line, in the program's own words: what, and what to do.
 */
export function usageError(
  { code, message }: CommanderError,
  [first, second = '']: readonly string[],
  commands: readonly Command[],
): InspectError {
  // What `help` says about a word that is no command.
  if (code === 'commander.help') return unknownCommand({ quoted: [second], near: undefined });
  const command = commands.find(({ name }) => name === first);
  const [what = '', suggestion = ''] = message.split(/\n(?=\(Did you mean )/);
  const finding = {
    quoted: Array.from(what.matchAll(/'(.*?)'(?= |$)/gs), ([, word = '']) => word),
    near: /^\(Did you mean (?:one of )?(.*)\?\)$/.exec(suggestion)?.[1],
  };
  const explain = EXPLAINED[code];
  return explain?.(finding, command, commands) ?? wrong(command, what.replace(/^error: /, ''), {});
}

/** For operands that a command does not take. */
export function unexpectedOperand(command: Command, value: string): InspectError {
  return wrong(command, `unexpected operand '${value}'`, { value, hint: usageOf(command) });
}

function wrong(command: Command | undefined, what: string, facts: ErrorFacts): InspectError {
  return new InspectError('usage', command ? `${command.name}: ${what}` : what, facts);
}

function unknownCommand({ quoted: [value = ''], near }: Finding): InspectError {
  return wrong(undefined, `unknown command '${value}'`, { value, hint: withNear(near, PROGRAM_HELP) });
}

function unknownOption(
  { quoted: [argument = ''], near }: Finding,
  command: Command | undefined,
  commands: readonly Command[],
): InspectError {
  const facts = (hint: string) => ({ argument, hint });
  if (command) return wrong(command, `unknown option ${argument}`, facts(withNear(near, helpOf(command))));
  if (optionOf(COMMON_OPTIONS, argument))
    return wrong(command, `a command is missing before ${argument}`, facts(PROGRAM_HELP));
  const owners = commands.filter(({ options }) => optionOf(options, argument)).map(({ name }) => name);
  const hint =
    owners.length === 0
      ? PROGRAM_HELP
      : `it is an option of ${owners.join(', ')}, and goes after the command`;
  return wrong(command, `unknown option ${argument}`, facts(withNear(near, hint)));
}

function optionOf(options: DeclaredOptions, flag: string): DeclaredOption | undefined {
  return Object.entries(options).find(([name]) => flagOf(name) === flag)?.[1];
}

function withNear(near: string | undefined, hint: string): string {
  return near === undefined ? hint : `did you mean ${near}? ${hint}`;
}

function helpOf(command: Command | undefined): string {
  return command ? `${PROGRAM.name} ${command.name} --help lists its operands and options` : PROGRAM_HELP;
}

function usageOf(command: Command | undefined): string {
  if (!command) return PROGRAM_HELP;
  const words = [PROGRAM.name, command.name, ...operandWords(command)].join(' ');
  return `usage: ${words}; ${helpOf(command)}`;
}

/** `--output` of `-o, --output <file>`. */
function longOf(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}
