import { kindAt } from '../../bytes/file-kind.ts';
import { dumpInFolder } from '../../formats/folder/dump-in-folder.ts';
import { escapeText } from '../../report/escape.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { say } from '../output/write.ts';

/**
 * The files of a dump, with the dump in it for each folder, and a message that says so. JSON names the file
 * itself.
 * @throws InspectError io or usage, if a folder means no dump, or several
 */
export async function withoutFolders(
  paths: readonly string[],
  { json, quiet }: CommonOptions,
): Promise<readonly string[]> {
  const files: (readonly string[])[] = [];
  for (const path of paths) {
    const meant = kindAt(path) === 'folder' ? await dumpInFolder(path) : [path];
    if (meant[0] !== path && !quiet && !json)
      say(`kdump-inspect: the dump in this folder: ${escapeText(meant.join(' '))}\n`);
    files.push(meant);
  }
  return files.flat();
}
