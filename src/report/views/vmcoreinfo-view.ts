import { BLANK, paragraph, properties, type View } from '../view.ts';
import { choiceText } from '../vmcoreinfo-choice.ts';
import type { VmcoreinfoReport } from '../vmcoreinfo-report.ts';

/** A longer key pushes only its own value to the right. */
const LONGEST_KEY = 44;

export function vmcoreinfoView(report: VmcoreinfoReport): View {
  const { entries } = report;
  const all = Object.entries(entries).map(([name, value]) => ({ name, value: String(value) }));
  const longest = all.reduce((most, { name }) => Math.max(most, name.length), 0);
  return [
    properties(all, Math.min(longest, LONGEST_KEY) + 2, { whole: true }),
    BLANK,
    paragraph(choiceText(report)),
  ];
}
