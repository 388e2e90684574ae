import { PerCpu } from '../objects/per-cpu.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** Numbers of CPUs. CPUs that panic() stopped without kdump no longer count as online. */
export interface Processors {
  readonly possible: number;
  readonly online: number;
}

/** @throws InspectError missingInfo, notMapped or notStored */
export function countProcessors(typed: TypedKernel): Processors {
  const perCpu = new PerCpu(typed);
  return { possible: perCpu.possible.length, online: perCpu.online.length };
}

/**
 * Returns the model name of CPU 0 ("AMD EPYC ...").
 * @throws InspectError missingInfo, notMapped or notStored
 */
export function processorModel(typed: TypedKernel): string {
  const data = typed.read('cpuinfo_x86', typed.symbol('boot_cpu_data'), 'x86_model_id');
  return data.text('x86_model_id').trim();
}
