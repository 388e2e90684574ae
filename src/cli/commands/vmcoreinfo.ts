import { InspectError } from '../../errors.ts';
import { Vmcoreinfo } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import { escapeLines, jsonText } from '../../report/escape.ts';
import { vmcoreinfoReport, vmcoreinfoText } from '../../report/vmcoreinfo-report.ts';
import type { CommonOptions } from '../options/options.ts';
import { EXIT, type Output } from '../output/output.ts';
import { withDump } from '../session/session.ts';

export interface VmcoreinfoOptions extends CommonOptions {
  readonly raw?: boolean;
  readonly get?: string;
}

/** `vmcoreinfo`: the note, parsed, raw, or one value of it. Returns the exit status. */
export function vmcoreinfo(files: readonly string[], options: VmcoreinfoOptions): Promise<number> {
  return withDump(files, options, ({ image, vmcoreinfo: find, output }) => {
    const info = new Vmcoreinfo(find());
    if (options.raw) verbatim(info.text, output);
    else if (options.get !== undefined) verbatim(`${lineOf(info, options.get, image.path)}\n`, output);
    else {
      const report = vmcoreinfoReport(info, { path: image.path, format: image.format });
      for (const warning of report.warnings) output.warn(warning);
      output.result(options.json ? jsonText(report) : vmcoreinfoText(report));
    }
    return EXIT.done;
  });
}

/** As it stands for a script, escaped for a terminal. */
function verbatim(text: string, output: Output): void {
  output.result(output.isTerminal ? escapeLines(text) : text);
}

function lineOf(info: Vmcoreinfo, key: string, path: string): string {
  const value = info.get(key);
  if (value !== undefined) return value;
  const near = info
    .keys()
    .filter((k) => k.includes(key))
    .slice(0, 3);
  throw new InspectError('missingInfo', `${path}: VMCOREINFO has no line ${key}`, {
    path,
    key,
    ...(near.length > 0 ? { hint: `did you mean ${near.join(' or ')}?` } : {}),
  });
}
