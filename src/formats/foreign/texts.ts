import { dirname } from 'node:path';
import { latin1 } from '../../bytes/words.ts';

/** A kind of text that people take for a dump. */
interface TextKind {
  readonly pattern: RegExp;
  readonly what: string;
  /** @param folder of the file */
  readonly hint: (folder: string) => string;
}

/**
 * A log whose first records are of the kernel: each with its time since boot, or as dmesg -T and journalctl print
 * it. A text that only quotes such lines is not a log.
 */
const KERNEL_LOG =
  /^(.*\n){0,2}?((<\d+>)?\[ *\d+\.\d{6}\]|\[\w{3} \w{3} +\d+ [\d:]{8} \d{4}\]|\w{3} +\d+ [\d:]{8} \S+ kernel: )/;

/** The first whose pattern is found. */
const TEXTS: readonly TextKind[] = [
  {
    pattern: /^# Disk DescriptorFile/,
    what: 'the descriptor of a VMware disk (vmdk)',
    hint: () => 'it holds a disk, not memory: give the vmcore',
  },
  {
    // data/kernel_crashdump of apport
    pattern: /^ProblemType: /,
    what: 'a report of apport (Ubuntu)',
    hint: (folder) =>
      `apport-unpack FILE FOLDER unpacks it; kdump-tools keeps the dump in a folder beside it: kdump-inspect ${folder}`,
  },
  {
    pattern: /^OSRELEASE=/,
    what: 'the text of a VMCOREINFO',
    hint: () => 'give it with --vmcoreinfo, and the dump as FILE',
  },
  {
    pattern: /"schema": ?"kdump-inspect\//,
    what: 'a report of kdump-inspect (JSON)',
    hint: () => 'give the dump that it was made from',
  },
  {
    pattern: /^[0-9a-f]{8,16} [a-zA-Z?] \S/,
    what: 'a list of symbols (System.map, kallsyms)',
    hint: () => 'give the dump: kdump-inspect symbols finds the symbols in it',
  },
  {
    pattern: /^ *[0-9a-f]{8,16}-[0-9a-f]{8,16} : /,
    what: 'a list of resources (/proc/iomem)',
    hint: () => 'give the dump: kdump-inspect segments shows its own map of memory',
  },
  {
    pattern: KERNEL_LOG,
    what: 'a kernel log (text)',
    hint: (folder) =>
      `read it with less; kdump-inspect ${folder} reads the dump beside it, if kdump saved one`,
  },
  {
    pattern: /^makedumpfile: |^Original pages {2}:|^TYPE\s+PAGES\s+EXCLUDABLE|^STEP \[|^Copying data +:/m,
    what: 'output of makedumpfile',
    hint: (folder) =>
      `give the dump itself: kdump-inspect ${folder} reads the one beside it, if there is one`,
  },
  {
    pattern: /^\s*<(!doctype html|html)/i,
    what: 'an HTML page, perhaps of a download that failed',
    hint: () => 'download the dump again',
  },
  {
    pattern: /^version https:\/\/git-lfs\.github\.com\//,
    what: 'a pointer of Git LFS',
    hint: () => 'git lfs pull downloads the file itself',
  },
];

/** Control characters of texts: tab, line feed, form feed, carriage return, and escape in logs with colours. */
const CONTROLS: readonly number[] = [0x9, 0xa, 0xc, 0xd, 0x1b];
const isOfText = (byte: number) => (byte >= 0x20 && byte !== 0x7f) || CONTROLS.includes(byte);

/** Whether these bytes are text in ASCII or UTF-8, the last character of which may be cut. */
export function isText(start: Uint8Array): boolean {
  if (start.length === 0 || !start.every(isOfText)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** What kind of text it is, and what to do; undefined if that is not known. */
export function textKind(path: string, start: Uint8Array): { what: string; hint: string } | undefined {
  const text = latin1(start);
  const kind = TEXTS.find(({ pattern }) => pattern.test(text));
  return kind && { what: `${kind.what}, not a dump`, hint: kind.hint(dirname(path)) };
}
