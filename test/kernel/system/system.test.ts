import { describe, expect, test } from 'vitest';
import { InspectError } from '../../../src/errors.ts';
import { fact } from '../../../src/kernel/evidence/fact.ts';
import { inspectSystem, type SystemFacts } from '../../../src/kernel/system/system.ts';
import { BuiltKernel } from '../../builders/kernel.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const missingIn = (facts: SystemFacts) =>
  Object.entries(facts).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && 'missing' in value ? [[name, value.missing]] : [],
  );

describe('the facts of a system', () => {
  test('without BTF are the ones that symbols lead to', () => {
    const built = new BuiltTypedKernel(null, {
      avenrun: 0,
      tainted_mask: 64,
      panic_cpu: 128,
      _totalram_pages: 192,
      vm_zone_stat: 256,
    });
    const facts = inspectSystem({ value: built.typed.kernel });
    expect(facts).toMatchObject({
      load: { value: [0, 0, 0] },
      taint: { value: { mask: 0n } },
      panickingCpu: { value: 0 },
      memory: { value: { total: 0, free: 0 } },
      // Without start_secondary(), it was built for one CPU.
      processors: { value: { possible: 1, online: 1 } },
      // A kernel without the symbol has no modules (CONFIG_MODULES=n).
      modules: { value: { modules: [], whole: true } },
      readable: false,
    });
    const noBtf = 'this kernel has no BTF, which describes its structures';
    expect(
      missingIn(facts)
        .filter(([, reason]) => reason === noBtf)
        .map(([name]) => name)
        .sort(),
    ).toEqual(['clocks', 'memoryChecks', 'processorModel', 'tasks']);
  });

  test('without symbols are the layout', () => {
    const facts = inspectSystem({ value: new BuiltKernel().open() });
    expect(facts.layout).toMatchObject({ value: { pagingLevels: 4 } });
    expect(facts.load).toEqual(facts.tasks);
    expect(facts.load).toMatchObject({ kind: 'missingInfo' });
  });

  test('without page tables are missing, all for the same reason', () => {
    const none = fact(() => {
      throw new InspectError('corrupt', 'no tables');
    });
    const reasons = missingIn(inspectSystem(none)).map(([, reason]) => reason);
    expect(new Set(reasons)).toEqual(new Set(['no tables']));
  });
});
