import type { DeclaredOptions, OptionsOf } from './declared.ts';
import { parseAddress, parseCount, parseFileName, parseHole } from './parsers.ts';

/** The options of every command that reads a dump. */
export const COMMON_OPTIONS = {
  json: { meaning: 'print one JSON document instead of text' },
  output: {
    short: 'o',
    argument: 'file',
    meaning: 'write the result to this file, all of it or nothing',
    parse: parseFileName,
    completes: 'file',
  },
  format: {
    argument: 'format',
    meaning: 'the format of FILE, if its content does not show it',
    choices: ['raw'],
  },
  hole: {
    argument: 'start-end',
    meaning: 'where plain memory has no RAM: the PCI hole of a virtual machine (0xc0000000-0x100000000)',
    parse: parseHole,
  },
  part: {
    argument: 'file',
    meaning: 'another part of a split dump; may be repeated',
    many: true,
    parse: parseFileName,
    completes: 'file',
  },
  vmcoreinfo: {
    argument: 'file',
    meaning: 'VMCOREINFO text of this boot, for a dump without it',
    parse: parseFileName,
    completes: 'file',
  },
  boot: {
    argument: 'n',
    meaning: 'which kernel to read if memory holds several (info lists them)',
    parse: parseCount,
    conflicts: ['vmcoreinfo'],
  },
  pageOffset: { argument: 'addr', meaning: 'the value of page_offset, in 0x hex', parse: parseAddress },
  color: {
    argument: 'when',
    bare: 'always',
    meaning: 'whether text has colour; auto, if not given: on a terminal, unless the environment decides',
    choices: ['auto', 'always', 'never'],
    negated: 'use no colour, as with --color=never',
    off: 'never',
  },
  quiet: { meaning: 'print no warnings and no progress' },
  debug: { meaning: 'print stack traces, timings and bytes read to stderr' },
} as const satisfies DeclaredOptions;

export type CommonOptions = OptionsOf<typeof COMMON_OPTIONS>;
