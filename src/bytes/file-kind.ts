import { type Stats, statSync } from 'node:fs';

/** What a path can lead to. */
export type FileKind = 'file' | 'folder' | 'FIFO' | 'socket' | 'block device' | 'character device';

export function kindOf(stat: Stats): FileKind {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  if (stat.isFIFO()) return 'FIFO';
  if (stat.isSocket()) return 'socket';
  return stat.isBlockDevice() ? 'block device' : 'character device';
}

/** What a path leads to; undefined if there is nothing, or if the system does not say. */
export function kindAt(path: string): FileKind | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat && kindOf(stat);
  } catch {
    return undefined;
  }
}
