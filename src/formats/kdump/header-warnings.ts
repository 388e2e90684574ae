import type { KdumpHeader } from './header.ts';

/** The newest that is known; a later one would add fields behind the known ones, as each before it did. */
const NEWEST = 6;

/** What was odd in the headers and does not stop the reading. */
export function headerWarnings(header: KdumpHeader): string[] {
  const { version, incomplete, excludedVmemmap, eraseinfo } = header;
  return [
    ...(version > NEWEST
      ? [
          `header version ${version} is newer than ${NEWEST}, the newest that is known; what it adds is not read`,
        ]
      : []),
    ...(incomplete ? ['its writer marked the dump as incomplete: it could not write all pages'] : []),
    ...(excludedVmemmap
      ? ['it was written without the struct pages of pages that it leaves out (makedumpfile -e)']
      : []),
    ...(eraseinfo
      ? [
          'makedumpfile erased parts of the memory before it was written (ERASEINFO): they read as the letter X',
        ]
      : []),
  ];
}
