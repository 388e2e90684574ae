import type { ChangeResult } from './differential/result.ts';

/** What a worker is to do. */
export interface Order {
  readonly seed: number;
  /** Inputs from `first` on below `end`, each `step`th. */
  readonly first: number;
  readonly end: number;
  readonly step: number;
  /** Bases whose names have this in them. */
  readonly only?: string;
  /** A file with the recipe of the one input. */
  readonly recipe?: string;
  /** Whether all that is printed is shown. */
  readonly show?: boolean;
  /** Whether inputs that run what none ran before are kept, and others made from them. */
  readonly guided?: boolean;
  /** Whether recipes are made and not run. */
  readonly dry?: boolean;
  /** Folder of the JSON schemas. */
  readonly schemas: string;
  /** Changes to make, in place of `first` to `end`. */
  readonly indexes?: readonly number[];
  /** Paths of the dumps whose contents are changed. */
  readonly dumps?: readonly string[];
}

/** What a worker says on its pipe, a line each. */
export type Said =
  | {
      readonly begun: number;
      readonly base: string;
      /** Where the seed alone does not make it. */
      readonly recipe?: string;
    }
  | {
      readonly done: number;
      readonly statuses: readonly number[];
      /** Of the whole input by the clock, and of its slowest command in processor time. */
      readonly ms: number;
      readonly slowest: number;
      /** Of the process so far, KiB. */
      readonly rss: number;
      readonly faults?: readonly string[];
      /** Blocks of the program that have run, and inputs that were kept for it. */
      readonly covered?: readonly [blocks: number, kept: number];
      /** Of a change to a dump's contents. */
      readonly result?: ChangeResult;
    }
  | { readonly recipe: string }
  | { readonly died: string };
