import type { Report } from '../../report/report.ts';
import type { View } from '../../report/view.ts';
import type { DeclaredOptions, Operand, Operands, OperandsOf, OptionsOf } from '../options/declared.ts';
import type { Session } from '../session/session.ts';

/** What help, README, man page and completions are made from, and what the command line is parsed by. */
interface Declaration {
  readonly name: string;
  /** One line, without a capital and a full stop. */
  readonly summary: string;
  /** What comes after the dump, in the order of the command line. */
  readonly operands: Operands;
  /** Besides the common ones. */
  readonly options: DeclaredOptions;
  /** A further paragraph of its help. */
  readonly help?: string;
}

/** A command that reads a dump. */
export interface DumpCommand extends Declaration {
  /** The operand that names the dump. */
  readonly dump: Operand;
  /** Loads the code, only when the command runs. */
  readonly load: () => Promise<DumpCode<unknown, Report>>;
}

/** A command that needs no dump. */
export interface PlainCommand extends Declaration {
  readonly dump?: undefined;
  readonly load: () => Promise<PlainCode<unknown>>;
}

export type Command = DumpCommand | PlainCommand;

/** What a command on a dump does. @typeParam Asked values of its operands and options */
export interface DumpCode<Asked, R extends Report> {
  /** Reads the dump. */
  readonly report: (session: Session, asked: Asked) => R | Promise<R>;
  /** The report for people. */
  view(report: R, asked: Asked): View | Promise<View>;
  /** The report for programs, where that is not the report itself as one document. */
  json?(report: R, shown: Shown<Asked>): string | Iterable<string>;
  /** Whether what was asked could not be done (status 1), though there is a report that says why. */
  failed?(report: R): boolean;
}

/** What besides a report decides how it is shown to programs. */
export interface Shown<Asked> {
  readonly asked: Asked;
  /** Whether a terminal shows it, which no control character of a dump may reach. */
  readonly isTerminal: boolean;
}

/** What a command without a dump does. */
export interface PlainCode<Asked> {
  /** @param commands all of the program */
  readonly text: (asked: Asked, commands: readonly Command[]) => string;
}

/** What the types of a declaration follow from. */
interface Typed<P extends Operands, O extends DeclaredOptions> {
  readonly name: string;
  readonly summary: string;
  readonly operands?: P;
  readonly options?: O;
  readonly help?: string;
}

type AskedOf<P extends Operands, O extends DeclaredOptions> = OperandsOf<P> & OptionsOf<O>;
type None = Readonly<Record<never, never>>;

/** Declares a command that reads a dump; its code takes no other operands and options than are declared. */
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
