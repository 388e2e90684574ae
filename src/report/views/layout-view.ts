import type { MethodVerdict } from '../../kernel/evidence/methods.ts';
import { LAYOUT_NAMES, LAYOUT_VALUES, type LayoutReport } from '../layout-report.ts';
import { BLANK, paragraph, type RichText, type Style, strong, table, title, type View } from '../view.ts';
import { choiceText } from '../vmcoreinfo-choice.ts';
import { kernelName } from './kernel-name.ts';

export function* layoutView(report: LayoutReport): View {
  const { kernel, file, pagingLevels, vmcoreinfo } = report;
  yield title([strong(kernelName(kernel)), ` (${file.format}, ${pagingLevels}-level paging)`]);
  yield paragraph(symbolTable(report));
  yield paragraph(`VMCOREINFO: ${choiceText(vmcoreinfo)}`);
  for (const name of LAYOUT_VALUES) {
    const [called, meaning] = LAYOUT_NAMES[name];
    const { value, candidates } = report[name];
    yield BLANK;
    yield title([strong(`${called} ${value ?? 'unknown'}`), `  ${meaning}`]);
    const rows = candidates.map((c) => [verdictText(c.verdict), c.source, c.value ?? '-', c.reason]);
    yield table(['VERDICT', 'SOURCE', 'VALUE', 'REASON'], rows, { indent: 2 });
  }
}

const STYLES: Readonly<Record<MethodVerdict, Style>> = {
  ...{ believed: 'strong', agrees: 'good', differs: 'bad', refuted: 'bad', unavailable: 'faint' },
};

function verdictText(verdict: MethodVerdict): RichText {
  return { text: verdict, style: STYLES[verdict] };
}

function symbolTable({ kallsyms }: LayoutReport): string {
  if ('unavailable' in kallsyms) return `symbol table: ${kallsyms.unavailable}`;
  return `symbol table: ${kallsyms.symbols} symbols, found by ${kallsyms.source}, ${kallsyms.form} addresses proved by _stext`;
}
