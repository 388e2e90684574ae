import type { StepRow, TranslateFindings, TranslationRow } from '../translate-report.ts';
import { size } from '../units.ts';
import { BLANK, paragraph, strong, title, type View } from '../view.ts';

export function* translateView({ translations }: TranslateFindings): View {
  let isFirst = true;
  for (const translation of translations) {
    if (!isFirst) yield BLANK;
    isFirst = false;
    const { address, query, region, steps } = translation;
    const asked = query === undefined ? '' : ` <${query}>`;
    yield title([strong(address), asked, region === null ? '' : `  ${region}`]);
    for (const step of steps) yield paragraph(stepText(step), 2, 7);
    yield paragraph(resultText(translation), 2, 2);
  }
}

function stepText({ level, table, index, entry, flags }: StepRow): string {
  return `${level}  ${table}[${index}]  ${entry}  ${flags.join(' ')}`;
}

function resultText({ physical, pfn, pageSize, contents, explanation }: TranslationRow): string {
  if (physical === null || pageSize === null) return explanation;
  const held = contents === 'stored' ? '' : `; ${explanation}`;
  return `physical ${physical}, pfn ${pfn}, in a page of ${size(pageSize)}${held}`;
}
