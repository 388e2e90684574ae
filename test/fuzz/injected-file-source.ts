import type { ByteSource } from '../../src/bytes/source.ts';
import { InspectError } from '../../src/errors.ts';

export { openError, PROC_SUPER_MAGIC } from '../../src/bytes/file-source.ts';

const files = new Map<string, ByteSource>();

/** Sets what the program under test finds under its file names from now on. */
export function injectFiles(sources: readonly ByteSource[]): void {
  files.clear();
  for (const source of sources) files.set(source.path, source);
}

/** Replaces src/bytes/file-source.ts in the worker's bundle, and opens what was injected. */
export class FileSource {
  constructor(path: string) {
    const file = files.get(path);
    if (!file) throw new InspectError('io', `${path}: no such file`, { path, errno: 'ENOENT' });
    // A constructor may return another object.
    // biome-ignore lint/correctness/noConstructorReturn: nothing but the injected file is wanted
    return file as unknown as FileSource;
  }
}
