import type { Check, Verdict } from '../../kernel/evidence/check.ts';
import { type Block, bad, good, paragraph, type RichText } from '../view.ts';
import { checkText } from './check-text.ts';

const EXPLAINED: ReadonlySet<Verdict> = new Set(['equal', 'explained']);

/**
 * Figures against the kernel's own counters: how many of these are explained, in one sentence, and each that is
 * not in full. @param all whether the others are shown in full, too
 */
export function checkSummary(checks: readonly Check[], all: boolean): Block[] {
  if (checks.length === 0) return [];
  const shown = all ? checks : checks.filter(({ verdict }) => !EXPLAINED.has(verdict));
  return [paragraph(summary(checks, all)), ...shown.map((check) => paragraph(checkText(check), 2))];
}

/** "38 of 38 kernel counters explained: 37 equal, 1 with its reason" */
function summary(checks: readonly Check[], all: boolean): RichText {
  const count = (verdict: Verdict) => checks.filter((check) => check.verdict === verdict).length;
  const [equal, explained] = [count('equal'), count('explained')];
  const isWhole = equal + explained === checks.length;
  const text = `${equal + explained} of ${checks.length} kernel counters explained`;
  return [
    isWhole ? good(text) : count('contradicted') > 0 ? bad(text) : text,
    `: ${equal} equal${explained === 0 ? '' : `, ${explained} with ${explained === 1 ? 'its reason' : 'their reasons'}`}`,
    all ? '' : ' (see --check)',
    all || !isWhole ? ':' : '',
  ];
}
