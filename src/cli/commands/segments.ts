import { InspectError } from '../../errors.ts';
import { findLayout, type KernelLayout } from '../../kernel/layout/layout.ts';
import { regionOfSegment } from '../../kernel/layout/regions.ts';
import { jsonPieces } from '../../report/json-pieces.ts';
import { segmentsReport, segmentsText } from '../../report/segments-report.ts';
import { terminal } from '../../report/terminal.ts';
import type { CommonOptions } from '../options/options.ts';
import { EXIT } from '../output/output.ts';
import { type Session, withDump } from '../session/session.ts';

/** `segments`: the file's own map. Returns the exit status. */
export function segments(files: readonly string[], options: CommonOptions): Promise<number> {
  return withDump(files, options, (session) => {
    const { image, output } = session;
    const bases = basesOf(session);
    const report = segmentsReport(image, (segment) => regionOfSegment(segment, bases));
    for (const warning of report.warnings) output.warn(warning);
    const pieces = options.json
      ? jsonPieces(report)
      : segmentsText(report, terminal(output.color, output.columns));
    for (const piece of pieces) output.result(piece);
    return report.complete ? EXIT.done : EXIT.incomplete;
  });
}

/** The map of a file can be shown without the layout of its kernel, which is not worth a search; regions are then unknown. */
function basesOf({ kernelAtHand, options }: Session): KernelLayout | undefined {
  try {
    return findLayout(kernelAtHand(), options.pageOffset);
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}
