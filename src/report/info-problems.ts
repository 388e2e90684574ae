import type { Check } from '../kernel/evidence/check.ts';
import type { SystemFacts } from '../kernel/system/system.ts';

/** Why memory cannot be held against the zones, which the dump should have. */
export function uncheckedMemory({ memoryChecks }: SystemFacts): string[] {
  const lost = 'value' in memoryChecks ? memoryChecks.value.lost : null;
  return lost === null ? [] : [lost];
}

/** What was found to be broken while it was read; the rest of it is told. */
export function problems({ tasks, modules, symbolDamage }: SystemFacts): string[] {
  return [
    ...(symbolDamage ? [symbolDamage] : []),
    ...('value' in tasks ? tasks.value.problems : []),
    ...('value' in modules ? modules.value.problems : []),
  ];
}

/** The figures that are held against the kernel's own. */
export function checksOf({ tasks, memoryChecks }: SystemFacts): readonly Check[] {
  return [
    ...('value' in tasks ? tasks.value.checks : []),
    ...('value' in memoryChecks ? memoryChecks.value.checks : []),
  ];
}

/** Whether all that these lists have was found, though something is wrong with them, and by names that are right. */
export function listsAreWhole({ tasks, modules, symbolDamage }: SystemFacts): boolean {
  return (
    !symbolDamage &&
    !('value' in tasks && !tasks.value.whole) &&
    !('value' in modules && !modules.value.whole)
  );
}
