import type { ByteSource } from '../../bytes/source.ts';
import { struct, u32, u64 } from '../../bytes/struct.ts';
import { latin1, toNul } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';

/*
 * The state of a VMware machine (.vmss of a suspended machine, .vmsn of a snapshot): a header, a table of groups,
 * and tags in each group. VMware publishes no description; crash's vmware_vmss.c, which VMware wrote, and
 * Volatility's vmware.py agree on this one.
 */

/** States have some hundred groups: one per device. */
const GROUPS_LIMIT = 10_000;

/** cptdumpheader and cptgroupdesc */
const header = struct('VMware state', 12, { id: u32(0), numgroups: u32(8) });
const group = struct('VMware group', 80, { position: u64(64), size: u64(72) });
const NAME_BYTES = 64;

export interface Group {
  readonly name: string;
  /** Position of its first tag in the file, and the bytes that it claims. */
  readonly position: number;
  readonly size: number;
}

/** The header and the groups that have one of the names. */
export interface State {
  readonly id: number;
  readonly groups: readonly Group[];
}

/** @throws InspectError corrupt, if the file ends inside its table of groups, or the table is impossible */
export function readState(source: ByteSource, names: readonly string[]): State {
  const { id, numgroups } = header.decode(bytesAt(source, 0, header.size));
  if (numgroups > GROUPS_LIMIT) throw corruptState(source, 8, `it claims ${numgroups} groups`);
  const table = bytesAt(source, header.size, numgroups * group.size);
  const groups: Group[] = [];
  for (let at = 0; at < numgroups * group.size; at += group.size) {
    const { position, size } = group.decode(table, at, header.size);
    const name = latin1(toNul(table.subarray(at, at + NAME_BYTES)));
    if (!names.includes(name)) continue;
    if (position > BigInt(source.size))
      throw corruptState(source, header.size + at, `its group ${name} is at ${hex(position)}, past its end`);
    groups.push({ name, position: Number(position), size: Number(size) });
  }
  return { id, groups };
}

function bytesAt(source: ByteSource, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(length, Math.max(0, source.size - at)));
  return bytes.subarray(0, source.read(at, bytes));
}

export function corruptState({ path }: ByteSource, offset: number, what: string): InspectError {
  return new InspectError('corrupt', `${path}: VMware state at offset ${hex(offset)}: ${what}`, {
    path,
    offset,
  });
}
