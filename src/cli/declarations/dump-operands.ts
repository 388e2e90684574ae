import type { Operand } from '../options/declared.ts';
import { parseFileName } from '../options/parsers.ts';

const MEANING = 'a vmcore of any format, or all parts of a split one, or a folder with one, or /proc/kcore';

/** The dump of a command without further operands: all its files, or none for the live /proc/kcore. */
export const FILES: Operand = {
  name: 'FILE',
  meaning: MEANING,
  optional: true,
  many: true,
  parse: parseFileName,
  completes: 'file',
};

/** The dump of a command with further operands, which come after it. */
export const FILE: Operand = { name: 'FILE', meaning: MEANING, parse: parseFileName, completes: 'file' };
