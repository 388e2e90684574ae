/** What a word of the command line may be, for its parser and for the completion of a shell. */
interface Word {
  /** For people, without a capital and a full stop. */
  readonly meaning: string;
  /** All that it can be; absent for any text. */
  readonly choices?: readonly string[];
  /** What the text stands for. @throws InvalidArgumentError, which ends with status 2 */
  readonly parse?: (text: string) => unknown;
  /** What a shell completes it to, besides its choices. */
  readonly completes?: 'file';
}

/** A word that is known by its place. */
export interface Operand extends Word {
  /** As the help writes it: FILE, PFN|ADDR. */
  readonly name: string;
  readonly optional?: true;
  /** Whether there may be several. */
  readonly many?: true;
}

/** An option. Its name is its key in a record of options: `pageOffset` is --page-offset. */
export interface DeclaredOption extends Word {
  /** One letter. */
  readonly short?: string;
  /** What follows it, as the help writes it; without one the option is a switch. */
  readonly argument?: string;
  readonly default?: string;
  /** Whether it may be repeated. */
  readonly many?: true;
  /** Options that it cannot stand beside. */
  readonly conflicts?: readonly string[];
  /** What --no-NAME means, for a switch that can be turned off, too. */
  readonly negated?: string;
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

type ValuesOf<W> = W extends { readonly many: true } ? readonly ValueOf<W>[] : ValueOf<W>;

/** The values of operands, by their keys. */
export type OperandsOf<P extends Operands> = {
  readonly [K in keyof P]: P[K] extends { readonly optional: true }
    ? ValuesOf<P[K]> | undefined
    : ValuesOf<P[K]>;
};

/** The values of options, by their names; an option that was not given is absent. */
export type OptionsOf<O extends DeclaredOptions> = { readonly [K in keyof O]?: ValuesOf<O[K]> };

/** `--page-offset` for pageOffset. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
