import { fact } from '../../kernel/fact.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { TypedKernel } from '../../kernel/typed-kernel.ts';
import { detailsOf } from '../../pages/details/details.ts';
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
    const physical = physicalOf(kernel, operand);
    const pfn = 'pfn' in operand ? operand.pfn : Math.floor((physical ?? 0) / PAGE);
    const explained = explainPage(kernel, pfn);
    const details = fact(() => detailsOf(new TypedKernel(kernel), explained, physical));
    const report = pageReport(explained, details, { path: image.path, format: image.format });
    const text = () => pageText(report, details, terminal(output.color, output.columns));
    output.result(options.json ? jsonText(report) : text());
    // What a filter left out makes no dump incomplete.
    return report.class === null && report.contents !== 'notStored' ? EXIT.incomplete : EXIT.done;
  });
}

/** The address that was asked for, bytes; null for a page as a whole. */
function physicalOf(kernel: Kernel, operand: PageOperand): number | null {
  if ('virtual' in operand) return kernel.space.translate(operand.virtual);
  return 'physical' in operand ? operand.physical : null;
}
