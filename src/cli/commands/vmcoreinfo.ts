import { InspectError } from '../../errors.ts';
import { nearNames } from '../../kernel/evidence/near-names.ts';
import { Vmcoreinfo } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import { escapeLines } from '../../report/escape.ts';
import { jsonPieces } from '../../report/json-pieces.ts';
import { type View, verbatim } from '../../report/view.ts';
import { vmcoreinfoView } from '../../report/views/vmcoreinfo-view.ts';
import { type VmcoreinfoReport, vmcoreinfoReport } from '../../report/vmcoreinfo-report.ts';
import type { Session } from '../session/session.ts';

export interface VmcoreinfoAsked {
  readonly raw?: boolean;
  readonly get?: string;
}

/** The unchanged text of the note, or one of its values, which is printed instead of the report. */
interface Verbatim {
  readonly schema: VmcoreinfoReport['schema'];
  readonly verbatim: string;
  readonly warnings: readonly never[];
  readonly complete: true;
}

/** `vmcoreinfo`: the note, parsed, raw, or one value of it. */
export function report(
  { image, vmcoreinfo: find }: Session,
  { raw, get }: VmcoreinfoAsked,
): VmcoreinfoReport | Verbatim {
  const info = new Vmcoreinfo(find());
  const { schema, ...rest } = vmcoreinfoReport(info, { path: image.path, format: image.format });
  if (!raw && get === undefined) return { schema, ...rest };
  const verbatim = raw ? info.text : `${lineOf(info, get ?? '', image.path)}\n`;
  return { schema, verbatim, warnings: [], complete: true };
}

export function view(report: VmcoreinfoReport | Verbatim): View {
  return 'verbatim' in report ? [verbatim(report.verbatim)] : vmcoreinfoView(report);
}

/** Unchanged text is printed unchanged with --json, too. */
export function json(
  report: VmcoreinfoReport | Verbatim,
  { isTerminal }: { readonly isTerminal: boolean },
): string | Generator<string> {
  if (!('verbatim' in report)) return jsonPieces(report);
  return isTerminal ? escapeLines(report.verbatim) : report.verbatim;
}

function lineOf(info: Vmcoreinfo, key: string, path: string): string {
  const value = info.get(key);
  if (value !== undefined) return value;
  const near = nearKeys(info.keys(), key).slice(0, 3);
  throw new InspectError('missingInfo', `${path}: VMCOREINFO has no line ${key}`, {
    path,
    key,
    ...(near.length > 0 ? { hint: `did you mean ${near.join(' or ')}?` } : {}),
  });
}

/** Keys that are spelled like the wanted one, or that are about something of that name, in whatever form. */
function nearKeys(keys: readonly string[], wanted: string): string[] {
  const named = (about: string) => keys.filter((key) => key === about || subjectOf(key) === about);
  const subject = subjectOf(wanted);
  const same = named(subject);
  if (same.length > 0) return same;
  const whole = nearNames(keys, wanted);
  return whole.length > 0 ? whole : nearNames(keys.map(subjectOf), subject).flatMap(named);
}

/** What a key is about: `page` of SIZE(page); a key such as OSRELEASE as it is. */
function subjectOf(key: string): string {
  return /^[A-Z]+\((.*)\)$/.exec(key)?.[1] ?? key;
}
