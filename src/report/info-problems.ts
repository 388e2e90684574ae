import type { Check } from '../kernel/evidence/check.ts';
import type { SystemFacts } from '../kernel/system/system.ts';

/** Says why memory cannot be compared with the zones, if the dump should have them. */
export function uncheckedMemory({ memoryChecks }: SystemFacts): string[] {
  const lost = 'value' in memoryChecks ? memoryChecks.value.lost : null;
  return lost === null ? [] : [lost];
}

/** Lists damage that was found. The report has what could be read all the same. */
export function problems({ tasks, modules, symbolDamage, readable, noTypes }: SystemFacts): string[] {
  // Rows that come from the log and the zones instead look as certain as ever.
  const isLost = !readable && !noTypes && 'missing' in tasks;
  return [
    ...(isLost ? [`the kernel's variables cannot be read: ${tasks.missing}`] : []),
    ...(symbolDamage ? [symbolDamage] : []),
    ...('value' in tasks ? tasks.value.problems : []),
    ...('value' in modules ? modules.value.problems : []),
  ];
}

/** Returns the figures that are compared with the kernel's own. */
export function checksOf({ tasks, memoryChecks }: SystemFacts): readonly Check[] {
  return [
    ...('value' in tasks ? tasks.value.checks : []),
    ...('value' in memoryChecks ? memoryChecks.value.checks : []),
  ];
}

/** Whether everything in these lists was found, in spite of damage, and by symbols that are right. */
export function listsAreWhole({ tasks, modules, symbolDamage }: SystemFacts): boolean {
  return (
    !symbolDamage &&
    !('value' in tasks && !tasks.value.whole) &&
    !('value' in modules && !modules.value.whole)
  );
}
