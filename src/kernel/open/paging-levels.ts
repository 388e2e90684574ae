import { InspectError } from '../../errors.ts';
import type { MemoryImage } from '../../formats/image/image.ts';
import { type Method, type Refute, type TriedValue, tryMethods } from '../evidence/methods.ts';
import { levelsOfCpu } from '../paging/cpu-tables.ts';
import { required, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';

/**
 * How many levels a kernel's page tables have, 4 or 5: what it notes and what its CPUs use, as far as the
 * tables do not contradict it, and what the tables themselves show. Without any of these it is unknown.
 * @param refute says why the tables do not lead to the kernel's own image with so many levels
 */
export function findLevels(info: Vmcoreinfo, image: MemoryImage, refute: Refute): TriedValue {
  const methods: Method[] = [
    { source: 'vmcoreinfo', find: () => noted(info) },
    ...(image.registers.length === 0 ? [] : [{ source: 'registers', find: () => ofCpus(image) }]),
    { source: 'page-tables', find: () => shown(refute) },
  ];
  return tryMethods(methods, refute);
}

function noted(info: Vmcoreinfo) {
  const number = info.number('pgtable_l5_enabled');
  const value = required(number, 'NUMBER(pgtable_l5_enabled)', 'kernels have it since Linux 4.18');
  return { value: value === 1 ? 5n : 4n, how: `NUMBER(pgtable_l5_enabled)=${value}` };
}

function ofCpus({ registers }: MemoryImage) {
  const [first, ...others] = new Set(registers.map(levelsOfCpu));
  if (first === undefined || others.length > 0)
    throw new InspectError('missingInfo', 'LA57 in CR4 is not the same for all CPUs');
  return { value: BigInt(first), how: `LA57 in CR4 of all CPUs is ${first === 5 ? 'set' : 'not set'}` };
}

function shown(refute: Refute) {
  const value = [4n, 5n].find((levels) => refute(levels) === undefined);
  if (value === undefined) throw new InspectError('notMapped', 'they lead to its image in neither way');
  return { value, how: `with ${value} levels they map the kernel's image to where it is` };
}
