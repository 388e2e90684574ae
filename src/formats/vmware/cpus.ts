import type { ByteSource } from '../../bytes/source.ts';
import { u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import type { CpuRegisters } from '../image/image.ts';
import { mayBeInLongMode } from '../image/long-mode.ts';
import type { Group, State } from './groups.ts';
import { MAGIC } from './signature.ts';
import { type Tag, tagsOf } from './tags.ts';

/** No machine of VMware has more virtual CPUs. */
const CPUS_LIMIT = 4096;
/** CR0 to CR4. */
const REGISTERS = 5;

/**
 * The control registers of each CPU in long mode: tags `CR64` with the CPU and the register as indexes, or one
 * block per CPU. What the file cuts off is ignored.
 */
export function vmwareRegisters(source: ByteSource, { id }: State, group: Group): CpuRegisters[] {
  const cpus = new Map<number, bigint[]>();
  try {
    for (const tag of tagsOf(source, group, id !== MAGIC.old))
      if (tag.name === 'CR64') note(source, tag, cpus);
  } catch (error) {
    if (!(error instanceof InspectError) || error.kind !== 'corrupt') throw error;
  }
  return [...cpus].flatMap(([cpu, [cr0 = 0n, , , cr3 = 0n, cr4 = 0n]]) =>
    mayBeInLongMode(cr0, cr4) ? [{ cpu, cr3, cr4 }] : [],
  );
}

function note(source: ByteSource, { at, size, block, indexes }: Tag, cpus: Map<number, bigint[]>): void {
  const [cpu, register = 0] = indexes;
  if (cpu === undefined || cpu >= CPUS_LIMIT || register >= REGISTERS) return;
  const bytes = new Uint8Array(8 * (block ? REGISTERS : 1));
  if (size < bytes.length || source.read(at, bytes) < bytes.length) return;
  const known = cpus.get(cpu) ?? [];
  for (let i = 0; i < bytes.length / 8; i++) known[register + i] = u64At(bytes, 8 * i);
  cpus.set(cpu, known);
}
