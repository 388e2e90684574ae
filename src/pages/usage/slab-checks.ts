import { type Check, type Comparison, check, type Explanation } from '../../kernel/evidence/check.ts';
import type { WitnessedCache } from './slab-witness.ts';

/** Counters and lists of a cache's nodes against the slabs that the walk found. */
const FIGURES: readonly { readonly name: string; readonly unit: string; readonly of: Figures }[] = [
  { name: 'nr_slabs', unit: 'slabs', of: slabFigures },
  { name: 'total_objects', unit: 'objects', of: objectFigures },
  { name: 'free objects on partial lists', unit: 'objects', of: freeFigures },
];

type Compared = Pick<Comparison, 'counted' | 'kernel' | 'explained'>;
type Figures = (cache: WitnessedCache) => Compared | null;

/**
 * One check of all caches that agree, and one of each that does not.
 * @param whole whether these are all caches. A sum of some of them cannot be compared.
 */
export function slabChecks(caches: readonly WitnessedCache[], whole: boolean): Check[] {
  return FIGURES.flatMap(({ name, unit, of }) => {
    const checks = caches.flatMap((one) => {
      const figures = of(one);
      return figures ? [check({ name: `${name} of ${one.cache.name}`, unit, ...figures })] : [];
    });
    const all = whole && checks.length === caches.length;
    const good = checks.filter(({ verdict }) => verdict !== 'contradicted');
    const bad = checks.filter(({ verdict }) => verdict === 'contradicted');
    // The sum of nr_slabs is compared elsewhere, with caches that cannot be read.
    return !all || good.length === 0 || name === 'nr_slabs' ? bad : [sumOf(name, unit, good), ...bad];
  });
}

function sumOf(name: string, unit: string, checks: readonly Check[]): Check {
  const sum = (of: (one: Check) => number) => checks.reduce((all, one) => all + of(one), 0);
  const waiting = sum(({ explained }) => explained.reduce((all, { count }) => all + count, 0));
  const figures = { counted: sum(({ counted }) => counted), kernel: sum(({ kernel }) => kernel) };
  return check({ name, unit, ...figures, explained: explain(waiting) });
}

const explain = (count: number): readonly Explanation[] => [
  { by: 'of slabs that RCU has yet to give back', count },
];

/**
 * Slabs of a cache with SLAB_TYPESAFE_BY_RCU leave its lists and counters as soon as they are empty, and are
 * freed when RCU allows (discard_slab, mm/slub.c).
 */
export function waitingSlabs({ witness, cache: { free, broken } }: WitnessedCache): number {
  return witness === null || broken.length > 0 ? 0 : Math.max(0, witness.emptySlabs - free.emptySlabs);
}

function waitingObjects(one: WitnessedCache): readonly Explanation[] {
  return explain(waitingSlabs(one) * one.cache.objectsPerSlab);
}

function slabFigures(one: WitnessedCache): Compared | null {
  const { witness, cache } = one;
  if (witness === null || cache.slabs === null) return null;
  return { counted: witness.slabs, kernel: cache.slabs, explained: explain(waitingSlabs(one)) };
}

function objectFigures(one: WitnessedCache): Compared | null {
  const { witness, cache } = one;
  if (witness === null || cache.objects === null || witness.impossible > 0) return null;
  return { counted: witness.objects, kernel: cache.objects, explained: waitingObjects(one) };
}

/** None where a list is known to be cut. */
function freeFigures(one: WitnessedCache): Compared | null {
  const { witness, cache } = one;
  const { onNodes, onCpus } = cache.free;
  if (witness === null || onNodes.least < onNodes.most || onCpus.least < onCpus.most) return null;
  return { counted: witness.free, kernel: onNodes.most + onCpus.most, explained: waitingObjects(one) };
}
