/** A word of the command line, as the parser and the completion of a shell need it. */
interface Word {
  /** For the help, without a capital letter and a full stop. */
  readonly meaning: string;
  /** All allowed values; absent if any text is allowed. */
  readonly choices?: readonly string[];
  /** Turns the text into the value. @throws InvalidArgumentError, which ends with status 2 */
  readonly parse?: (text: string) => unknown;
  /** What a shell completes it to, besides the choices. */
  readonly completes?: 'file';
}

/** A word that is identified by its position. */
export interface Operand extends Word {
  /** As the help writes it: FILE, PFN|ADDR. */
  readonly name: string;
  readonly optional?: true;
  /** Whether several are allowed. */
  readonly many?: true;
  /**
   * Turns all its words into one value, for what may be written in several words, such as a line of an oops.
   * @throws InspectError usage
   */
  readonly parseWords?: (words: readonly string[]) => unknown;
}

/** An option. Its name is its key in a record of options: `pageOffset` is --page-offset. */
export interface DeclaredOption extends Word {
  /** One letter. */
  readonly short?: string;
  /** The name of its argument in the help; an option without one is a switch. */
  readonly argument?: string;
  /** Its value if it is given without one. A value then only follows `=`: the next word is something else. */
  readonly bare?: string;
  readonly default?: string;
  /** Whether it can be repeated. */
  readonly many?: true;
  /** Options that cannot be used together with it. */
  readonly conflicts?: readonly string[];
  /** What --no-NAME means, for an option that can also be turned off. */
  readonly negated?: string;
  /** The value that --no-NAME gives it, for an option that is no switch. */
  readonly off?: string;
}

export type Operands = Readonly<Record<string, Operand>>;
export type DeclaredOptions = Readonly<Record<string, DeclaredOption>>;

type ValueOf<W> = W extends { readonly parse: (text: string) => infer V }
  ? V
  : W extends { readonly choices: readonly (infer C)[] }
    ? C
    : W extends Operand | { readonly argument: string }
      ? string
      : boolean;

type ValuesOf<W> = W extends { readonly parseWords: (words: readonly string[]) => infer V }
  ? V
  : W extends { readonly many: true }
    ? readonly ValueOf<W>[]
    : ValueOf<W>;

/** The values of operands, by their keys. */
export type OperandsOf<P extends Operands> = {
  readonly [K in keyof P]: P[K] extends { readonly optional: true }
    ? ValuesOf<P[K]> | undefined
    : ValuesOf<P[K]>;
};

/** The values of options, by their names. An option that was not given is absent. */
export type OptionsOf<O extends DeclaredOptions> = { readonly [K in keyof O]?: ValuesOf<O[K]> };

/** Whether the value of an option is the next word of the command line, unless it follows `=`. */
export function takesNextWord({ argument, bare }: DeclaredOption): boolean {
  return argument !== undefined && bare === undefined;
}

/** `--page-offset` for pageOffset. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
