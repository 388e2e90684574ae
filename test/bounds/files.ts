import { apart, backwards, empty, nested, notes, scattered, touching } from './elf-files.ts';

const MILLION = 1_000_000;

/** Files that were made to be too much: each is written to a path, and parts of it beside that, whose paths are returned. */
export const FILES: Readonly<Record<string, (path: string) => readonly string[]>> = {
  'loads-apart': apart(MILLION),
  'loads-backwards': backwards(MILLION),
  'loads-nested': nested(MILLION),
  'loads-touching': touching(4 * MILLION - 100),
  'loads-scattered': scattered(MILLION),
  'headers-empty': empty(4 * MILLION - 100),
  'notes-empty': notes(4 * MILLION - 100),
};
