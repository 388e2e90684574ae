import { allOptionsOf, type Command } from '../command/command.ts';
import { COMMON_OPTIONS } from '../options/common-options.ts';
import { type DeclaredOption, type DeclaredOptions, flagOf } from '../options/declared.ts';

/** An option as it is written on the command line. A switch that can also be turned off has two forms. */
export interface OptionForm {
  /** `--page-offset`. */
  readonly long: string;
  /** `-o`. */
  readonly short: string | null;
  /** The name of its argument; null for a switch. */
  readonly argument: string | null;
  /** Whether its value only follows `=`, and can be left out. */
  readonly optional: boolean;
  readonly meaning: string;
  readonly choices: readonly string[];
  readonly default: string | null;
  readonly file: boolean;
  readonly many: boolean;
}

/** The option that commander adds to every command. */
const HELP: OptionForm = {
  ...{ long: '--help', short: '-h', argument: null, optional: false, meaning: 'print this help' },
  ...{ choices: [], default: null, file: false, many: false },
};

/** All options of a command: its own, the common ones and --help. */
export function optionForms(command: Command): OptionForm[] {
  return [...formsOf(allOptionsOf(command)), HELP];
}

/** The options that only this command has. */
export function ownForms({ options }: Command): OptionForm[] {
  return formsOf(options);
}

/** The options of every command that reads a dump. */
export function commonForms(): OptionForm[] {
  return formsOf(COMMON_OPTIONS);
}

function formsOf(options: DeclaredOptions): OptionForm[] {
  return Object.entries(options).flatMap(([name, declared]) => formsOfOne(name, declared));
}

function formsOfOne(name: string, declared: DeclaredOption): OptionForm[] {
  const { short, argument = null, bare, meaning, choices = [], completes, many = false, negated } = declared;
  const form: OptionForm = {
    ...{ long: flagOf(name), short: short === undefined ? null : `-${short}`, meaning, choices },
    ...{ argument, optional: bare !== undefined },
    ...{ default: declared.default ?? null, file: completes === 'file', many },
  };
  if (negated === undefined) return [form];
  const switchOff = { long: `--no-${name}`, short: null, argument: null, optional: false, choices: [] };
  return [form, { ...form, ...switchOff, meaning: negated }];
}
