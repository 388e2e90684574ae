import { explainPage } from '../../pages/explain.ts';
import { jsonText } from '../../report/escape.ts';
import { pageReport, pageText } from '../../report/page-report.ts';
import { terminal } from '../../report/terminal.ts';
import type { CommonOptions, PageOperand } from '../options.ts';
import { EXIT } from '../output.ts';
import { withDump } from '../session.ts';

const PAGE = 4096;

/** `page`: everything about one page. Returns the exit status. */
export function page(file: string, operand: PageOperand, options: CommonOptions): Promise<number> {
  return withDump([file], options, ({ image, kernel: open, output }) => {
    const kernel = open();
    for (const doubt of kernel.info.doubts) output.warn(doubt);
    const physical =
      'virtual' in operand
        ? kernel.space.translate(operand.virtual)
        : 'physical' in operand
          ? operand.physical
          : 0;
    const pfn = 'pfn' in operand ? operand.pfn : Math.floor(physical / PAGE);
    const report = pageReport(explainPage(kernel, pfn), { path: image.path, format: image.format });
    output.result(options.json ? jsonText(report) : pageText(report, terminal(output.color, output.columns)));
    return report.class === null ? EXIT.incomplete : EXIT.done;
  });
}
