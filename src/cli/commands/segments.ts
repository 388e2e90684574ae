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

/**
 * Without the layout the map is still shown, with unknown regions, so memory is not searched for VMCOREINFO.
 */
function basesOf({ kernelAtHand, options }: Session): KernelLayout | undefined {
  try {
    return findLayout(kernelAtHand(), options.pageOffset);
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}
