import { missingKey } from '../vmcoreinfo/vmcoreinfo.ts';
import { LocklessRing } from './lockless-ring.ts';
import type { KernelLog } from './log-record.ts';
import { RecordBuffer } from './record-buffer.ts';
import type { LogSource } from './ring-header.ts';

/**
 * The kernel log, in whichever of its two forms VMCOREINFO describes.
 * @throws InspectError missingInfo, notMapped, notStored or corrupt, when there is no way into it
 */
export function openLog(source: LogSource): KernelLog {
  const { info } = source;
  if (info.has('SYMBOL(prb)') || info.has('SYMBOL(printk_rb_static)')) return new LocklessRing(source);
  if (info.has('SYMBOL(log_first_idx)')) return new RecordBuffer(source);
  throw missingKey(
    'SYMBOL(prb)',
    'the kernel log cannot be found (nor is there the SYMBOL(log_first_idx) of Linux 3.5 to 5.9)',
  );
}
