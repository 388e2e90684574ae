import type { ChangeResult } from './differential/result.ts';

/** What a worker is to do. */
export interface Order {
  readonly seed: number;
  /** Inputs from `first` to before `end`, every `step`th. */
  readonly first: number;
  readonly end: number;
  readonly step: number;
  /** Bases whose names contain this. */
  readonly only?: string;
  /** A file with the recipe of the only input. */
  readonly recipe?: string;
  /** Whether to show everything that is printed. */
  readonly show?: boolean;
  /** Whether to keep inputs that run something new, and to make others from them. */
  readonly guided?: boolean;
  /** Whether to make recipes without running them. */
  readonly dry?: boolean;
  /** Folder of the JSON schemas. */
  readonly schemas: string;
  /** Changes to make, instead of `first` to `end`. */
  readonly indexes?: readonly number[];
  /** Paths of the dumps whose contents are changed. */
  readonly dumps?: readonly string[];
  /** The format that they are written in; ELF if absent. */
  readonly form?: string;
}

/** The messages of a worker on its pipe, one per line. */
export type Said =
  | {
      readonly begun: number;
      readonly base: string;
      /** If the seed alone does not produce it. */
      readonly recipe?: string;
    }
  | {
      readonly done: number;
      readonly statuses: readonly number[];
      /** Time of the whole input by the clock, and processor time of its slowest command. */
      readonly ms: number;
      readonly slowest: number;
      /** Peak memory of the process so far, in KiB. */
      readonly rss: number;
      readonly faults?: readonly string[];
      /** Blocks of the program that have run, and inputs that were kept because of it. */
      readonly covered?: readonly [blocks: number, kept: number];
      /** For a change of a dump's contents. */
      readonly result?: ChangeResult;
    }
  | { readonly recipe: string }
  | { readonly died: string };
