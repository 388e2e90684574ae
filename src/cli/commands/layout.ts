import { findLayout } from '../../kernel/layout/layout.ts';
import { jsonText } from '../../report/escape.ts';
import { layoutReport, layoutText } from '../../report/layout-report.ts';
import { terminal } from '../../report/terminal.ts';
import type { CommonOptions } from '../options/options.ts';
import { EXIT } from '../output/output.ts';
import { withDump } from '../session/session.ts';

/** `layout`: where the kernel put its regions, by every method. Returns the exit status. */
export function layout(files: readonly string[], options: CommonOptions): Promise<number> {
  return withDump(files, options, ({ image, kernelOrTables: open, output }) => {
    const kernel = open();
    const report = layoutReport(findLayout(kernel, options.pageOffset), {
      file: { path: image.path, format: image.format },
      kernel: { release: kernel.info.get('OSRELEASE') ?? null },
      doubts: kernel.info.doubts,
    });
    for (const warning of report.warnings) output.warn(warning);
    output.result(
      options.json ? jsonText(report) : layoutText(report, terminal(output.color, output.columns)),
    );
    return EXIT.done;
  });
}
