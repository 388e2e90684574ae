import { kindAt } from '../bytes/file-kind.ts';
import { InspectError } from '../errors.ts';
import { didYouMean } from '../kernel/evidence/near-names.ts';
import { allOptionsOf, type Command } from './command/command.ts';
import { type DeclaredOptions, flagOf, takesNextWord } from './options/declared.ts';
import { insteadOf } from './words-of-other-tools.ts';

/** The command that a dump alone means. */
const OF_A_DUMP = 'info';

/**
 * The command line with its command first. A dump alone means `info`; options that every command has may come
 * before the command. It is unchanged if the parser has to say what is wrong with it.
 * @throws InspectError usage, if its first word is unknown, or one of another tool, or empty, or comes too early
 */
export function withCommand(args: readonly string[], commands: readonly Command[]): readonly string[] {
  const info = commands.find(({ name }) => name === OF_A_DUMP);
  const at = info ? firstOperand(args, allOptionsOf(info)) : undefined;
  const word = at === undefined ? undefined : args[at];
  if (at === undefined || word === undefined) return args;
  if (word === 'help') return args;
  if (isCommand(word, commands)) return [word, ...args.slice(0, at), ...args.slice(at + 1)];
  if (word === '') throw emptyWord();
  if (kindAt(word) === undefined) {
    const instead = insteadOf(word);
    if (instead !== undefined) throw unknownWord(`unknown command '${word}'`, instead);
    if (!/[./]/.test(word) && word !== '-') throw neither(word, commands);
  } else refuseLateCommand(args, at, commands);
  return [OF_A_DUMP, ...args];
}

const isCommand = (word: string, commands: readonly Command[]) => commands.some(({ name }) => name === word);

/**
 * Where the first operand is; undefined if there is none, or if an option before it is unknown.
 * @throws InspectError usage, if the option is one of another tool
 */
function firstOperand(args: readonly string[], options: DeclaredOptions): number | undefined {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return at + 1;
    if (!/^-./.test(arg)) return at;
    const found = optionOf(arg, options);
    if (found === undefined) {
      refuseOption(arg);
      return undefined;
    }
    if (found.takesNext) at++;
  }
  return undefined;
}

/** Whether the value of an option is the next word; undefined if there is no such option. */
function optionOf(arg: string, options: DeclaredOptions): { readonly takesNext: boolean } | undefined {
  const [flag = '', value] = arg.split('=', 2);
  for (const [name, option] of Object.entries(options)) {
    const { short, negated } = option;
    const isShort = short !== undefined && arg.startsWith(`-${short}`);
    if (isShort) return { takesNext: takesNextWord(option) && arg.length === 2 };
    if (flag === flagOf(name)) return { takesNext: takesNextWord(option) && value === undefined };
    if (negated !== undefined && flag === `--no-${name}`) return { takesNext: false };
  }
  return undefined;
}

function refuseOption(arg: string): void {
  const flag = arg.startsWith('--') ? (arg.split('=', 1)[0] ?? '') : arg.slice(0, 2);
  const instead = insteadOf(flag);
  if (instead !== undefined) throw unknownWord(`unknown option '${flag}'`, instead);
}

/** @throws InspectError usage, if a command comes after its file */
function refuseLateCommand(args: readonly string[], at: number, commands: readonly Command[]): void {
  const [file = '', word = ''] = args.slice(at);
  if (!commands.some(({ name, dump }) => dump && name === word) || kindAt(word) !== undefined) return;
  throw unknownWord('the command comes before its file', `kdump-inspect ${word} ${file}`);
}

function unknownWord(message: string, hint: string): InspectError {
  return new InspectError('usage', message, { hint });
}

/** A word that may have been meant as a command or as a file in the working directory. */
function neither(word: string, commands: readonly Command[]): InspectError {
  const names = commands.map(({ name }) => name);
  return unknownWord(
    `unknown command '${word}', and there is no file of that name`,
    didYouMean(names, word) ?? 'kdump-inspect --help lists the commands',
  );
}

function emptyWord(): InspectError {
  return unknownWord(
    'the first word is empty, where a command or a file is needed',
    'is a variable of the shell empty? kdump-inspect --help lists the commands',
  );
}
