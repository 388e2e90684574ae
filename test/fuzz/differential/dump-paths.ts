import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURES = fileURLToPath(new URL('../../../fixtures/.cache', import.meta.url));

/** The fixtures in which changes are made: plain ELF, where a byte of memory is a byte of the file. */
const PLAIN = /^linux-(5\.10|6\.1|6\.12-numa|6\.12-hwpoison|7\.3-5level)\.elf$/;

/**
 * Dumps with their types, and therefore with most of what can be changed: they are picked more often. Their
 * memory also has VMCOREINFO, without which formats that have no notes are not read.
 */
const RICH = /^linux-(5\.10|6\.12-numa|7\.3-5level)\.elf$/;

/**
 * Paths of the dumps in which changes are made: the fixtures, or those of a folder, in a fixed order.
 * @param searched whether VMCOREINFO must be in memory, too
 */
export function dumpPaths(folder?: string, searched = false): string[] {
  const usable = searched ? RICH : PLAIN;
  const names = readdirSync(folder ?? FIXTURES).filter((name) =>
    folder === undefined ? usable.test(name) : name.endsWith('.elf'),
  );
  const often = names.sort().flatMap((name) => (RICH.test(name) ? [name, name, name] : [name]));
  return often.map((name) => join(folder ?? FIXTURES, name));
}
