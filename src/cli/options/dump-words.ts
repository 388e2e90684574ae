import { hex } from '../../hex.ts';
import type { CommonOptions } from './common-options.ts';

/** The words of a command line that name the same dump again: its files, and the options that say how to read it. */
export function dumpWords(
  files: readonly string[],
  { format, hole, vmcoreinfo, boot, pageOffset }: CommonOptions,
): string[] {
  const option = (flag: string, value: string | undefined) => (value === undefined ? [] : [flag, value]);
  return [
    // A file whose name begins with a dash is no option.
    ...files.map((file) => (file.startsWith('-') ? `./${file}` : file)),
    ...option('--format', format),
    ...option('--hole', hole && `${hex(hole.start)}-${hex(hole.end)}`),
    ...option('--vmcoreinfo', vmcoreinfo),
    ...option('--boot', boot?.toString()),
    ...option('--page-offset', pageOffset === undefined ? undefined : hex(pageOffset)),
  ];
}
