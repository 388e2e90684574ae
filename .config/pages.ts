// The pages of documentation, and what is generated in them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from '../src/cli/declarations/commands.ts';
import { referenceParts } from '../src/cli/documentation/command-reference.ts';
import { withParts } from '../src/cli/documentation/generated-parts.ts';
import { readmeParts } from '../src/cli/documentation/readme-table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['.', 'src', '.github', '.github/docs'];

/** The paths of all pages, from the root of the repository. */
export const PAGES: readonly string[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

/** Where a page is. */
export const pathOf = (page: string) => join(ROOT, page);
export const textOf = (page: string) => readFileSync(pathOf(page), 'utf8');

/** Everything that is generated. */
export const PARTS = new Map([...readmeParts(COMMANDS), ...referenceParts(COMMANDS)]);

/** A page with all that the declarations of the commands say in it. */
export const withDeclarations = (text: string) => withParts(text, PARTS);
