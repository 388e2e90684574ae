import { readdirSync, statSync } from 'node:fs';
import { kindAt } from './file-kind.ts';
import { openError } from './file-source.ts';

/** The paths of the files and of the folders in a folder, by name. Whatever else there is, is left out. */
export interface FolderContents {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** @throws InspectError io, with the system's error name in `errno` */
export function contentsOf(folder: string): FolderContents {
  const names = { files: [] as string[], folders: [] as string[] };
  for (const entry of entriesOf(folder)) {
    const path = folder.endsWith('/') ? folder + entry.name : `${folder}/${entry.name}`;
    const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : kindAt(path);
    if (kind === 'folder') names.folders.push(path);
    else if (kind === 'file') names.files.push(path);
  }
  return { files: names.files.sort(), folders: names.folders.sort() };
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw openError(folder, error);
  }
}

/** When a file was written last, in milliseconds since 1970; 0 if it is gone. */
export function writtenAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The size of a file in bytes, as its file system tells it; 0 if it is gone. */
export function sizeAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
