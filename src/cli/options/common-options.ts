import type { DeclaredOptions, OptionsOf } from './declared.ts';
import { parseAddress, parseCount, parseFileName } from './parsers.ts';

/** The options of every command that reads a dump. */
export const COMMON_OPTIONS = {
  json: { meaning: 'one JSON document instead of text' },
  output: {
    short: 'o',
    argument: 'file',
    meaning: 'write the result there, all of it or nothing',
    parse: parseFileName,
    completes: 'file',
  },
  format: { argument: 'format', meaning: 'what FILE is, where its content cannot tell', choices: ['raw'] },
  part: {
    argument: 'file',
    meaning: 'a further file of a split dump; may be repeated',
    many: true,
    completes: 'file',
  },
  vmcoreinfo: {
    argument: 'file',
    meaning: 'VMCOREINFO text of this boot, for a dump that lost it',
    completes: 'file',
  },
  boot: {
    argument: 'n',
    meaning: 'which kernel, where several are in memory (info lists them)',
    parse: parseCount,
    conflicts: ['vmcoreinfo'],
  },
  pageOffset: { argument: 'addr', meaning: 'what page_offset is, 0x hex', parse: parseAddress },
  color: {
    meaning: 'colour even where stdout is not a terminal',
    negated: 'no colour, as with NO_COLOR in the environment',
  },
  quiet: { meaning: 'no warnings and no progress' },
  debug: { meaning: 'stack traces, timings and bytes read, on stderr' },
} as const satisfies DeclaredOptions;

export type CommonOptions = OptionsOf<typeof COMMON_OPTIONS>;
