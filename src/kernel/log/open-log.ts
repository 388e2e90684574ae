import { missingKey } from '../vmcoreinfo/vmcoreinfo.ts';
import { LocklessRing } from './lockless-ring.ts';
import type { KernelLog } from './log-record.ts';
import { RecordBuffer } from './record-buffer.ts';
import type { LogSource } from './ring-header.ts';

/**
 * Opens the kernel log in the form that VMCOREINFO describes.
 * @throws InspectError missingInfo, notMapped, notStored or corrupt if there is no access to it
 */
export function openLog(source: LogSource): KernelLog {
  const { info } = source;
  if (info.has('SYMBOL(prb)') || info.has('SYMBOL(printk_rb_static)')) return new LocklessRing(source);
  if (info.has('SYMBOL(log_first_idx)')) return new RecordBuffer(source);
  throw missingKey(
    'SYMBOL(prb)',
    'the kernel log cannot be found (SYMBOL(log_first_idx) of Linux 3.5 to 5.9 is missing, too)',
  );
}
