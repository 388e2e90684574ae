import { textOf } from '../../bytes/text.ts';
import { toNul } from '../../bytes/words.ts';
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
  const found = typed.hasNoTypes ? modelAfterVendor(typed) : undefined;
  if (found !== undefined) return found;
  const data = typed.reader('cpuinfo_x86', 'x86_model_id');
  return data.load(typed.symbol('boot_cpu_data')).text('x86_model_id').trim();
}

/** What CPUID says of the vendor (x86_vendor_id, arch/x86/kernel/cpu). */
const VENDORS = ['GenuineIntel', 'AuthenticAMD', 'HygonGenuine', 'CentaurHauls', '  Shanghai  '];
/** `char x86_vendor_id[16]; char x86_model_id[64];` (arch/x86/include/asm/processor.h, in all kernels) */
const VENDOR_LENGTH = 16;
const MODEL_LENGTH = 64;
const LONGEST = 4096;

/** Returns the model name that follows the name of the vendor in boot_cpu_data; undefined without either. */
function modelAfterVendor(typed: TypedKernel): string | undefined {
  const at = typed.findSymbol('boot_cpu_data');
  const size = at === undefined ? undefined : typed.symbols.nearest(at)?.size;
  if (at === undefined || size === undefined) return undefined;
  const bytes = Buffer.from(typed.space.bytes(at, Math.min(LONGEST, Number(size))));
  const vendor = VENDORS.map((name) => bytes.indexOf(`${name}\0`, 0, 'latin1')).find((i) => i >= 0);
  if (vendor === undefined || vendor + VENDOR_LENGTH + MODEL_LENGTH > bytes.length) return undefined;
  const model = bytes.subarray(vendor + VENDOR_LENGTH, vendor + VENDOR_LENGTH + MODEL_LENGTH);
  return textOf(toNul(model)).trim();
}
