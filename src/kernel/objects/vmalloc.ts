import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PAGE_SIZE, START_KERNEL_MAP } from '../../machine.ts';
import { Sentences } from '../evidence/sentences.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { type Agreement, agree } from './agreement.ts';
import { walkList } from './list.ts';
import { isUniprocessor, PerCpu } from './per-cpu.ts';
import { walkTree } from './rb-tree.ts';

/** An allocated area of the vmalloc region (struct vm_struct): a line of /proc/vmallocinfo. */
export interface VmallocArea {
  /** Virtual address. */
  readonly address: bigint;
  /** Bytes of address space, including the guard page at its end. */
  readonly size: number;
  /** VM_IOREMAP, VM_ALLOC and so on (include/linux/vmalloc.h). */
  readonly flags: number;
  /** Physical pages that it owns or maps; 0 for areas without an array of pages, such as ioremap's. */
  readonly pages: number;
  /** Virtual address of an array of pointers to their struct pages; 0n for none. */
  readonly pagesAt: bigint;
  /** The code that allocated it; 0n if unknown. */
  readonly caller: bigint;
}

/** Flags of a vm_struct; the same in all kernels since 2.6. */
export const VM_IOREMAP = 0x1;
export const VM_ALLOC = 0x2;
export const VM_MAP = 0x4;

/** All areas in use. */
export interface VmallocAreas {
  readonly areas: readonly VmallocArea[];
  /** Sentences about disagreements between lists and trees, and about invalid areas. */
  readonly problems: readonly string[];
  /** Whether these are all areas. */
  readonly whole: boolean;
}

/** vmap_init_nodes(): one per possible CPU, at most 128. */
const NODES_LIMIT = 128;
/** Limit of areas over all lists: each takes some 400 bytes here. Most are stacks, one per task. */
export const AREAS_LIMIT = 1 << 18;

/**
 * Reads the busy areas: from vmap_area_list up to 6.8, from the vmap_nodes since 6.9 (d093602919ad "mm:
 * vmalloc: remove global vmap_area_root rb-tree"). The tree by which the kernel finds an area has the same
 * areas.
 * @param most limit of areas; a problem reports that there are more
 * @throws InspectError missingInfo if the kernel has neither
 */
export function readVmallocAreas(typed: TypedKernel, most = AREAS_LIMIT): VmallocAreas {
  const reader = new AreaReader(typed);
  const areas: VmallocArea[] = [];
  const { places, problems } = busyPlaces(typed);
  let whole = problems.length === 0;
  let left = most;
  for (const place of places) {
    const found = busyAreas(typed, place, left);
    left = Math.max(0, left - found.objects.length);
    for (const problem of found.problems) problems.push(problem);
    whole &&= found.whole;
    for (const address of found.objects) {
      try {
        const area = reader.read(address);
        if (area) areas.push(area);
      } catch (error) {
        if (!(error instanceof InspectError)) throw error;
        problems.push(`the vmalloc area at ${hex(address)}: ${error.message}`);
        whole = false;
      }
    }
  }
  return { areas, problems: problems.list(), whole };
}

/** The head of a list of areas, and the root of the tree with the same areas. */
interface BusyPlace {
  readonly head: bigint;
  /** undefined if the kernel's symbols lack it. */
  readonly root: bigint | undefined;
}

function busyPlaces(typed: TypedKernel): { places: BusyPlace[]; problems: Sentences } {
  const problems = new Sentences();
  const only = typed.findSymbol('vmap_area_list');
  if (only !== undefined) {
    return { places: [{ head: only, root: typed.findSymbol('vmap_area_root') }], problems };
  }
  const nodes = vmapNodes(typed);
  const counter = typed.findSymbol('nr_vmap_nodes');
  const count = counter === undefined ? 1 : typed.space.u32(counter);
  if (count < 1 || count > NODES_LIMIT) throw new InspectError('corrupt', `nr_vmap_nodes is ${count}`);
  const cpus = new PerCpu(typed).possible.length;
  // If memory was short, there is only one, a variable in the image.
  const fits = count >= Math.min(cpus, NODES_LIMIT) || (count === 1 && nodes >= START_KERNEL_MAP);
  if (!fits) problems.push(`nr_vmap_nodes is ${count}, but there may be ${cpus} CPUs`);
  const type = typed.types.struct('vmap_node');
  const at = (i: number, member: string) => nodes + BigInt(i * type.size + type.offsetOf(member));
  return {
    places: Array.from({ length: count }, (_, i) => ({
      head: at(i, 'busy.head'),
      root: at(i, 'busy.root'),
    })),
    problems,
  };
}

/**
 * Returns the address of the array of vmap_nodes. Without CONFIG_SMP there is only one, `single`, and the
 * compiler drops the pointer to it, which never changes (mm/vmalloc.c).
 */
function vmapNodes(typed: TypedKernel): bigint {
  const pointer = typed.findSymbol('vmap_nodes');
  const only = pointer === undefined && isUniprocessor(typed) ? typed.symbols.find('single') : [];
  if (only[0] !== undefined && only.length === 1) return only[0].address;
  return typed.space.u64(typed.symbol('vmap_nodes'));
}

/** Returns the areas of a list, compared with the tree of the same areas. */
function busyAreas(typed: TypedKernel, { head, root }: BusyPlace, most: number): Agreement {
  const type = typed.types.struct('vmap_area');
  const [inList, inTree] = [BigInt(type.offsetOf('list')), BigInt(type.offsetOf('rb_node'))];
  const { nodes, broken } = walkList(typed.space, head, most);
  const list = { nodes: nodes.map((node) => node - inList), broken };
  // In a running kernel the two are not read at the same moment.
  const tree = root === undefined || typed.space.live ? null : walkTree(typed, root, most);
  // An empty tree is believed only if the list is empty, too: otherwise nothing shows that it was read
  // correctly.
  const other =
    tree === null || (tree.nodes.length === 0 && nodes.length > 0)
      ? null
      : {
          name: 'the tree of vmalloc areas',
          objects: new Set(tree.nodes.map((node) => node - inTree)),
          broken: tree.broken,
        };
  return agree('the list of vmalloc areas', list, other);
}

class AreaReader {
  readonly #area;
  readonly #vm;
  /** Whether VM_VM_AREA of vmap_area.flags decides if `vm` is valid; up to 5.4 (688fcbfc06e4). */
  readonly #marked: boolean;
  /** Whether areas without a vm_struct are marked: since 6.3 (869176a09606). */
  readonly #marksRam: boolean;

  constructor(typed: TypedKernel) {
    const type = typed.types.struct('vmap_area');
    this.#area = typed.reader('vmap_area', 'vm', 'va_start', 'va_end', 'flags?');
    this.#vm = typed.reader(
      'vm_struct',
      'addr',
      'size',
      'flags',
      'pages',
      'nr_pages',
      'caller',
      'phys_addr?',
    );
    const list = type.find('purge_list');
    this.#marked = type.has('flags') && list !== undefined && list.offset !== type.offsetOf('vm');
    this.#marksRam = type.has('flags') && !this.#marked;
  }

  /**
   * Returns undefined for a block of vm_map_ram, which has no vm_struct.
   * @throws InspectError notMapped, notStored, corrupt
   */
  read(address: bigint): VmallocArea | undefined {
    const area = this.#area.load(address);
    const at = area.big('vm');
    if (this.#marked && (area.number('flags') & VM_VM_AREA) === 0) return undefined;
    if (at === 0n) {
      if (!this.#marksRam || (area.number('flags') & VMAP_RAM) !== 0) return undefined;
      throw new InspectError('corrupt', 'it has no vm_struct, but does not come from vm_map_ram', {
        address,
      });
    }
    const vm = this.#vm.load(at);
    const [start, size, pages] = [vm.big('addr'), vm.number('size'), vm.number('nr_pages')];
    if (start !== area.big('va_start') || start + BigInt(size) !== area.big('va_end')) {
      const what = `its vm_struct at ${hex(at)} has other addresses`;
      throw new InspectError('corrupt', what, { address });
    }
    if (pages * PAGE_SIZE > size) {
      throw new InspectError('corrupt', `it has ${pages} pages in ${size} bytes`, { address });
    }
    const [flags, caller] = [vm.number('flags'), vm.big('caller')];
    if (vm.has('phys_addr') && vm.big('phys_addr') !== 0n && (flags & VM_IOREMAP) === 0) {
      throw new InspectError('corrupt', 'it has a phys_addr, but does not come from ioremap', { address });
    }
    // Modules lie above the image, and so does JIT-compiled BPF.
    if (caller !== 0n && caller < START_KERNEL_MAP) {
      throw new InspectError('corrupt', `its caller is ${hex(caller)}, which is not code`, { address });
    }
    return { address: start, size, flags, pages, pagesAt: vm.big('pages'), caller };
  }
}

const VM_VM_AREA = 0x4;
const VMAP_RAM = 0x1;
