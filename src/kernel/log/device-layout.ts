import { latin1, toNul } from '../../bytes/words.ts';
import type { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { type LayoutKeys, wrongKey } from './layout-keys.ts';
import type { LogDevice } from './log-record.ts';

/** A text field of fixed length: its offset and bytes. */
interface TextField {
  readonly at: number;
  readonly length: number;
}

/** Where a printk_info has the names of a device, or why that is unknown. */
export type DeviceLayout =
  | { readonly subsystem: TextField; readonly device: TextField }
  | { readonly contradiction: string };

/** The part of a printk_info after its fixed fields, where dev_info may be; bytes. */
interface InfoTail {
  readonly from: number;
  readonly size: number;
}

/**
 * Finds struct dev_printk_info inside printk_info; returns null if the kernel does not describe it. It is the
 * last member and consists of the two names, one after the other (include/linux/dev_printk.h, 5.10 to 7.3),
 * so each number follows from the others.
 * @throws InspectError corrupt if a length is impossible
 */
export function deviceLayout(
  keys: LayoutKeys,
  note: Vmcoreinfo,
  { from, size }: InfoTail,
): DeviceLayout | null {
  const subsystem = lengthOf(note, 'subsystem', size);
  const device = lengthOf(note, 'device', size);
  if (subsystem === undefined || device === undefined || !note.has('OFFSET(printk_info.dev_info)'))
    return null;
  const start = keys.offset('printk_info.dev_info');
  const [first, second] = [keys.offset('dev_printk_info.subsystem'), keys.offset('dev_printk_info.device')];
  const whole = note.size('dev_printk_info') ?? second + device;
  const isWhole = first === 0 && second === subsystem && second + device === whole;
  const isLast = start >= from && start % 4 === 0 && Math.ceil((start + whole) / 8) * 8 === size;
  if (!isWhole || !isLast) {
    const names = `names of ${subsystem} and ${device} bytes at ${first} and ${second} of ${whole}`;
    return { contradiction: `dev_printk_info at ${start} of ${size} bytes cannot have ${names}` };
  }
  return {
    subsystem: { at: start + first, length: subsystem },
    device: { at: start + second, length: device },
  };
}

function lengthOf(note: Vmcoreinfo, name: 'subsystem' | 'device', most: number): number | undefined {
  const length = note.length(`printk_info_${name}`);
  if (length !== undefined && (length < 1 || length > most))
    throw wrongKey(`LENGTH(printk_info_${name})`, length, `1 to ${most}`);
  return length;
}

/**
 * Returns a record's device, null for none, or undefined if only one of the names is set (set_dev_info,
 * drivers/base/core.c, sets both).
 */
export function deviceOf(info: Uint8Array, layout: DeviceLayout | null): LogDevice | null | undefined {
  if (layout === null || 'contradiction' in layout) return null;
  const names = { subsystem: textOf(info, layout.subsystem), device: textOf(info, layout.device) };
  if (names.subsystem === '' && names.device === '') return null;
  return names.subsystem === '' || names.device === '' ? undefined : names;
}

/** Returns a field's text up to its NUL. */
function textOf(bytes: Uint8Array, { at, length }: TextField): string {
  return latin1(toNul(bytes.subarray(at, at + length)));
}
