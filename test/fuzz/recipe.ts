import type { Edit } from './overlay-source.ts';

/** How one file of a base is changed. */
export interface FileChange {
  readonly edits: readonly Edit[];
  /** Bytes; unchanged if absent. */
  readonly size?: number;
}

/** An input: a base, what was changed in it, and the command lines to run on it. */
export interface Recipe {
  readonly base: string;
  readonly files: readonly FileChange[];
  readonly commands: readonly (readonly string[])[];
  /** What was done, for people. */
  readonly story: readonly string[];
  /** Whether stdout looks like a terminal. */
  readonly terminal: boolean;
}

interface Written {
  readonly base: string;
  readonly files: readonly {
    readonly edits: readonly (readonly [number, string])[];
    readonly size?: number;
  }[];
  readonly commands: readonly (readonly string[])[];
  readonly story: readonly string[];
  readonly terminal: boolean;
}

export function recipeText(recipe: Recipe): string {
  const files = recipe.files.map(({ edits, ...rest }) => ({
    ...rest,
    edits: edits.map(({ at, bytes }) => [at, Buffer.from(bytes).toString('hex')]),
  }));
  return `${JSON.stringify({ ...recipe, files })}\n`;
}

export function parseRecipe(text: string): Recipe {
  const written = JSON.parse(text) as Written;
  const files = written.files.map(({ edits, ...rest }) => ({
    ...rest,
    edits: edits.map(([at, hex]) => ({ at, bytes: new Uint8Array(Buffer.from(hex, 'hex')) })),
  }));
  return { ...written, files };
}
