import type { KdumpHeader } from './header.ts';

/** The newest known version. Each version so far added fields after the known ones. */
const NEWEST = 6;

/** Warnings about what is odd in the headers but does not stop the reading. */
export function headerWarnings(header: KdumpHeader): string[] {
  const { version, incomplete, excludedVmemmap, eraseinfo } = header;
  return [
    ...(version > NEWEST
      ? [
          `header version ${version} is newer than the newest known one, ${NEWEST}; the fields that it adds are ignored`,
        ]
      : []),
    ...(incomplete ? ['its writer marked the dump as incomplete: it could not write all pages'] : []),
    ...(excludedVmemmap
      ? ['it was written without the struct pages of excluded pages (makedumpfile -e)']
      : []),
    ...(eraseinfo
      ? ['makedumpfile erased parts of the memory before writing it (ERASEINFO): they read as the letter X']
      : []),
  ];
}
