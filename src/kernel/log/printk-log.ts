import { struct, u16 } from '../../bytes/struct.ts';
import { latin1, u32At, u64At } from '../../bytes/words.ts';
import type { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { LayoutKeys } from './layout-keys.ts';
import { decodeCaller, decodePriority, type LogDevice, type LogRecord } from './log-record.ts';
import type { PageReader } from './page-reader.ts';

/** The header of a record (struct printk_log; struct log before 3.11, 62e32ac3505a). */
export type BufferLayout = ReturnType<typeof bufferLayout>;

/** @throws InspectError missingInfo or corrupt, naming the key */
export function bufferLayout(info: Vmcoreinfo) {
  const name = info.has('SIZE(printk_log)') ? 'printk_log' : 'log';
  const keys = new LayoutKeys(info);
  const size = keys.size(name);
  const at = (field: string, bytes: number) => keys.within(name, size, bytes, [`${name}.${field}`]);
  const dict_len = at('dict_len', 2);
  const header = struct(name, size, {
    len: u16(at('len', 2)),
    text_len: u16(at('text_len', 2)),
    dict_len: u16(dict_len),
  });
  // VMCOREINFO has no facility, flags and level: they are the two bytes after dict_len.
  const priorityAt = dict_len + 4 <= size ? dict_len + 2 : null;
  const callerAt = info.has(`OFFSET(${name}.caller_id)`) ? at('caller_id', 4) : null;
  return { header, timeAt: at('ts_nsec', 8), priorityAt, callerAt };
}

/** @throws InspectError notMapped or notStored */
export function decodeRecord(
  layout: BufferLayout,
  reader: PageReader,
  at: bigint,
  position: bigint,
): LogRecord {
  const { size } = layout.header;
  const { text_len, dict_len } = layout.header.decode(reader.bytes(at, size));
  const bytes = reader.bytes(at, size + text_len + dict_len);
  return {
    kind: 'record',
    position,
    sequence: null,
    time: u64At(bytes, layout.timeAt),
    ...decodePriority(bytes, layout.priorityAt),
    caller: layout.callerAt === null ? null : decodeCaller(u32At(bytes, layout.callerAt)),
    device: deviceOf(latin1(bytes.subarray(size + text_len))),
    // clear_idx does not show whether its target has since been overwritten.
    cleared: null,
    text: bytes.slice(size, size + text_len),
  };
}

/** Parses the dictionary of a record: KEY=value, separated by NULs. */
function deviceOf(dictionary: string): LogDevice | null {
  const values = new Map(
    dictionary.split('\0').map((line) => {
      const equals = line.indexOf('=');
      return [line.slice(0, Math.max(0, equals)), line.slice(equals + 1)] as const;
    }),
  );
  const [subsystem, device] = [values.get('SUBSYSTEM'), values.get('DEVICE')];
  if (subsystem === undefined && device === undefined) return null;
  return { subsystem: subsystem ?? '', device: device ?? '' };
}
