import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Kernel } from '../open/kernel.ts';
import { required } from '../vmcoreinfo/vmcoreinfo.ts';

/** uname(2) of the first UTS namespace. Root can set everything but the release. */
export interface Utsname {
  readonly sysname: string;
  readonly nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
  readonly domainname: string;
}

/**
 * struct new_utsname is an ABI: six strings of 65 bytes (include/uapi/linux/utsname.h), so no BTF is needed.
 */
const FIELDS = ['sysname', 'nodename', 'release', 'version', 'machine', 'domainname'] as const;
const FIELD_BYTES = 65;

/**
 * Offsets before VMCOREINFO had uts_namespace.name (6.0): after a reference count up to 5.10, then first
 * (9a56493f6942, 5.11).
 */
const USUAL_OFFSETS = [4, 0];

/**
 * @throws InspectError missingInfo, notMapped, notStored; corrupt if no name there has VMCOREINFO's release
 */
export function readUtsname({ info, space }: Pick<Kernel, 'info' | 'space'>): Utsname {
  const at = required(
    info.symbol('init_uts_ns'),
    'SYMBOL(init_uts_ns)',
    'the name of the system cannot be found',
  );
  const noted = info.offset('uts_namespace.name');
  const release = info.get('OSRELEASE');
  const names = (noted === undefined ? USUAL_OFFSETS : [noted]).map((offset) =>
    decode(space.bytes(at + BigInt(offset), FIELDS.length * FIELD_BYTES)),
  );
  const [first] = names;
  const name = release === undefined ? first : names.find((one) => one.release === release);
  if (name) return name;
  throw new InspectError('corrupt', `init_uts_ns at ${hex(at)} holds the release "${first?.release}"`);
}

function decode(bytes: Uint8Array): Utsname {
  const entries = FIELDS.map((name, i) => [
    name,
    textOf(bytes.subarray(i * FIELD_BYTES, (i + 1) * FIELD_BYTES)),
  ]);
  return Object.fromEntries(entries) as Record<(typeof FIELDS)[number], string>;
}
