import { InspectError } from '../../errors.ts';
import { findLayout, type KernelLayout } from '../../kernel/layout/layout.ts';
import { regionOfSegment } from '../../kernel/layout/regions.ts';
import { type SegmentsFindings, segmentsReport } from '../../report/segments-report.ts';
import type { Session } from '../session/session.ts';

/** `segments`: the file's own map. */
export function report(session: Session): SegmentsFindings {
  const bases = basesOf(session);
  return segmentsReport(session.image, (segment) => regionOfSegment(segment, bases));
}

export { segmentsView as view } from '../../report/views/segments-view.ts';

/** The map of a file can be shown without the layout of its kernel, which is not worth a search; regions are then unknown. */
function basesOf({ kernelAtHand, options }: Session): KernelLayout | undefined {
  try {
    return findLayout(kernelAtHand(), options.pageOffset);
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}
