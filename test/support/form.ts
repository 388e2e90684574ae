import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { COUNTED } from './fixture.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** A memory that the fixtures also have as ELF, written by another program in another format. */
export interface Form {
  readonly name: string;
  readonly memoryOf: string;
  readonly writtenBy: string;
  readonly files: readonly string[];
  /** What makedumpfile counts in this file; absent if it cannot read the file. */
  readonly makedumpfile?: Readonly<Record<(typeof COUNTED)[number] | 'remaining' | 'original', number>>;
}

/** All forms, by the JSON files that name a memory. */
export function forms(): Form[] {
  const names = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));
  return names.flatMap((name) => {
    const form = JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8')) as Form;
    return 'memoryOf' in form ? [{ ...form, name }] : [];
  });
}

/** The paths of a form's unpacked files. */
export function filesOf(form: Form): string[] {
  return form.files.map((file) => `${FOLDER}.cache/${file}`);
}
