import { limeHeader } from '../builders/containers.ts';
import { SparseFile } from './sparse-file.ts';

const PAGE = 4096;
const HEADER = 32;

/** An image with `count` ranges of one page each, with one missing page between them. */
export const limeRanges =
  (count: number) =>
  (path: string): readonly string[] => {
    const file = new SparseFile(path, count * (HEADER + PAGE));
    for (let n = 0; n < count; n++) {
      const start = 2 * n * PAGE;
      file.put(n * (HEADER + PAGE), limeHeader(start, start + PAGE - 1));
    }
    file.close();
    return [];
  };
