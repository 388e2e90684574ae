import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../typed-kernel.ts';
import { type Break, walkList } from './list.ts';

/** An area of the vmalloc region that somebody asked for (struct vm_struct): a line of /proc/vmallocinfo. */
export interface VmallocArea {
  /** Virtual address. */
  readonly address: bigint;
  /** Bytes of address space, the guard page behind it included. */
  readonly size: number;
  /** VM_IOREMAP, VM_ALLOC and so on (include/linux/vmalloc.h). */
  readonly flags: number;
  /** Physical pages that it owns or maps; 0 for areas that the kernel keeps no list of, as ioremap's. */
  readonly pages: number;
  /** Virtual address of an array of pointers to their struct pages, 0n where there is none. */
  readonly pagesAt: bigint;
  /** The code that asked for it; 0n where it is not known. */
  readonly caller: bigint;
}

/** Flags of a vm_struct; the same in all kernels since 2.6. */
export const VM_IOREMAP = 0x1;
export const VM_ALLOC = 0x2;
export const VM_MAP = 0x4;

/** All areas in use, and what of their lists could not be followed. */
export interface VmallocAreas {
  readonly areas: readonly VmallocArea[];
  readonly broken: readonly Break[];
}

/** There is one for each possible CPU, and 128 at most (vmap_init_nodes). */
const NODES_LIMIT = 1 << 13;

/**
 * Reads the busy areas: of vmap_area_list up to 6.8, of the vmap_nodes since 6.9 (d093602919ad "mm: vmalloc: remove
 * global vmap_area_root rb-tree").
 * @throws InspectError missingInfo, when the kernel has neither
 */
export function readVmallocAreas(typed: TypedKernel): VmallocAreas {
  const list = BigInt(typed.types.struct('vmap_area').offsetOf('list'));
  const area = typed.reader('vmap_area', 'vm');
  const vm = typed.reader('vm_struct', 'addr', 'size', 'flags', 'pages', 'nr_pages', 'caller');
  const areas: VmallocArea[] = [];
  const broken: Break[] = [];
  const note = (address: bigint, error: unknown) => {
    if (!(error instanceof InspectError)) throw error;
    broken.push({ address, reason: error.message });
  };
  for (const head of listHeads(typed)) {
    const walked = walkList(typed.space, head);
    if (walked.broken) broken.push(walked.broken);
    for (const node of walked.nodes) {
      try {
        const at = area.load(node - list).big('vm');
        // A block of vm_map_ram has none.
        if (at === 0n) continue;
        vm.load(at);
        areas.push({
          address: vm.big('addr'),
          size: vm.number('size'),
          flags: vm.number('flags'),
          pages: vm.number('nr_pages'),
          pagesAt: vm.big('pages'),
          caller: vm.big('caller'),
        });
      } catch (error) {
        note(node, error);
      }
    }
  }
  return { areas, broken };
}

function listHeads(typed: TypedKernel): bigint[] {
  const only = typed.findSymbol('vmap_area_list');
  if (only !== undefined) return [only];
  const nodes = typed.space.u64(typed.symbol('vmap_nodes'));
  const counter = typed.findSymbol('nr_vmap_nodes');
  const count = counter === undefined ? 1 : typed.space.u32(counter);
  if (count < 1 || count > NODES_LIMIT) throw new InspectError('corrupt', `nr_vmap_nodes is ${count}`);
  const type = typed.types.struct('vmap_node');
  const head = type.offsetOf('busy.head');
  return Array.from({ length: count }, (_, i) => nodes + BigInt(i * type.size + head));
}
