import type { Check } from '../../kernel/evidence/check.ts';
import { placeOfCheck, reasonsOf, unexplained } from '../checks.ts';
import { bad, good, type RichText } from '../view.ts';

/** Describes a check in one line: the counter, what the kernel has, and the verdict with its reason. */
export function checkText(check: Check): RichText {
  const { kernel, unit, verdict } = check;
  const figure = unit === 'pages' ? kernel : `${kernel} ${unit}`;
  // Equal figures need a verdict, too, if they should differ.
  const verdictOf = verdict === 'equal' ? '' : verdictText(check);
  return [`${placeOfCheck(check)} ${figure}: `, differenceOf(check), verdictOf];
}

function differenceOf({ counted, kernel, verdict }: Check): RichText {
  const more = counted - kernel;
  if (more === 0) return verdict === 'equal' ? good('the same') : 'the same';
  return more > 0 ? `${more} more were found` : `${-more} fewer were found`;
}

/** Names the reasons for a difference, and says whether they explain all of it. */
export function verdictText(check: Check): RichText {
  const { verdict, explained, movement } = check;
  const known = explained.length === 0 ? '' : `, ${reasonsOf(check)}`;
  if (verdict === 'explained') return known;
  if (verdict === 'moving') return `${known}, ${movement?.by} (up to ${movement?.upTo})`;
  return [`${known}: `, bad('CONTRADICTED'), `, nothing explains ${Math.abs(unexplained(check))} of them`];
}
