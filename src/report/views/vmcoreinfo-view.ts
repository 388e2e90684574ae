import { facts, type View } from '../view.ts';
import type { VmcoreinfoReport } from '../vmcoreinfo-report.ts';

/** A key that is longer pushes its value to the right, and not the values of all others. */
const LONGEST_KEY = 44;

/** Keys and values in two columns. */
export function vmcoreinfoView({ entries }: VmcoreinfoReport): View {
  const all = Object.entries(entries).map(([name, value]) => ({ name, value: String(value) }));
  const longest = all.reduce((most, { name }) => Math.max(most, name.length), 0);
  return [facts(all, Math.min(longest, LONGEST_KEY) + 2, { whole: true })];
}
