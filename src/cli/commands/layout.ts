import { isLoss } from '../../formats/image/loss.ts';
import { findLayout } from '../../kernel/layout/layout.ts';
import { type LayoutReport, layoutReport } from '../../report/layout-report.ts';
import { choiceOf } from '../../report/vmcoreinfo-choice.ts';
import type { Session } from '../session/session.ts';

/** `layout`: where the kernel put its regions, by every method. */
export function report({ image, kernelOrTables: open, options }: Session): LayoutReport {
  const kernel = open();
  return layoutReport(findLayout(kernel, options.pageOffset), {
    file: { path: image.path, format: image.format },
    kernel: { release: kernel.info.get('OSRELEASE') ?? null },
    vmcoreinfo: choiceOf(kernel.info),
    doubts: kernel.info.doubts,
    isLost: (kind) => isLoss(kind, image),
  });
}

export { layoutView as view } from '../../report/views/layout-view.ts';
