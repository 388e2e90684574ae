import type { InspectError } from '../../errors.ts';
import type { Report } from '../../report/report.ts';
import type { View } from '../../report/view.ts';
import { COMMON_OPTIONS } from '../options/common-options.ts';
import type { DeclaredOptions, Operand, Operands, OperandsOf, OptionsOf } from '../options/declared.ts';
import type { Session } from '../session/session.ts';

/**
 * The one description of a command: the parser, the help, the README, the man page and the completions are
 * made from it.
 */
interface Declaration {
  readonly name: string;
  /** One line, without a capital letter and a full stop. */
  readonly summary: string;
  /** The operands after the dump, in the order of the command line. */
  readonly operands: Operands;
  /** The options that only this command has. */
  readonly options: DeclaredOptions;
  /** A further paragraph of its help. */
  readonly help?: string;
  /** At least one. */
  readonly examples: readonly Example[];
}

/** A command line, in which `vmcore` is the dump, and what it shows; empty if the line says it. */
export type Example = readonly [line: string, meaning: string];

/** A command that reads a dump. */
export interface DumpCommand extends Declaration {
  /** The operand that names the dump. */
  readonly dump: Operand;
  /** Loads the code, which happens only when the command runs. */
  readonly load: () => Promise<DumpCode<unknown, Report>>;
}

/** A command that needs no dump. */
export interface PlainCommand extends Declaration {
  readonly dump?: undefined;
  readonly load: () => Promise<PlainCode<unknown>>;
}

export type Command = DumpCommand | PlainCommand;

/** The code of a command that reads a dump. @typeParam Asked values of its operands and options */
export interface DumpCode<Asked, R extends Report> {
  /** Reads the dump. */
  readonly report: (session: Session, asked: Asked) => R | Promise<R>;
  /** The report for people. */
  view(report: R, asked: Asked): View | Promise<View>;
  /** The report as JSON, if that is not simply the report as one document. */
  json?(report: R, shown: Shown<Asked>): string | Iterable<string>;
  /** Why the command could not do what was asked (status 1), although there is a report, which says it, too. */
  failed?(report: R): InspectError | undefined;
}

/** What else decides how a report is written as JSON. */
export interface Shown<Asked> {
  readonly asked: Asked;
  /** Whether a terminal shows it. Control characters from a dump must not reach it. */
  readonly isTerminal: boolean;
}

/** The code of a command that needs no dump. */
export interface PlainCode<Asked> {
  /** @param commands all commands of the program */
  readonly text: (asked: Asked, commands: readonly Command[]) => string;
}

/** What the types of the values follow from. */
interface Typed<P extends Operands, O extends DeclaredOptions> {
  readonly name: string;
  readonly summary: string;
  readonly operands?: P;
  readonly options?: O;
  readonly help?: string;
  readonly examples: readonly Example[];
}

type AskedOf<P extends Operands, O extends DeclaredOptions> = OperandsOf<P> & OptionsOf<O>;
type None = Readonly<Record<never, never>>;

/**
 * Declares a command that reads a dump. The compiler checks that its code asks only for declared operands and
 * options.
 */
export function dumpCommand<
  R extends Report,
  const P extends Operands = None,
  const O extends DeclaredOptions = None,
>(
  declared: Typed<P, O> & {
    readonly dump: Operand;
    readonly load: () => Promise<DumpCode<AskedOf<P, O>, R>>;
  },
): DumpCommand {
  return { operands: {}, options: {}, ...declared } as DumpCommand;
}

/** Declares a command that needs no dump. */
export function plainCommand<const P extends Operands = None, const O extends DeclaredOptions = None>(
  declared: Typed<P, O> & { readonly load: () => Promise<PlainCode<AskedOf<P, O>>> },
): PlainCommand {
  return { operands: {}, options: {}, ...declared } as PlainCommand;
}

/** All operands of a command in order, the dump first. */
export function operandsOf({ dump, operands }: Command): Operand[] {
  return [...(dump ? [dump] : []), ...Object.values(operands)];
}

/** All options of a command: its own, then those of every command that reads a dump. */
export function allOptionsOf({ dump, options }: Command): DeclaredOptions {
  return dump ? { ...options, ...COMMON_OPTIONS } : options;
}
