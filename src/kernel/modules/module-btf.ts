import { InspectError } from '../../errors.ts';
import type { Btf } from '../btf/btf.ts';
import { readBlob } from '../btf/read-btf.ts';
import { type Break, walkList } from '../objects/list.ts';
import { searchListHead } from '../objects/list-search.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** A module's own types, not yet read. */
export interface ModuleBtf {
  readonly module: string;
  /** Virtual address of the blob. */
  readonly data: bigint;
  /** Bytes. */
  readonly size: number;
  /** Its first type id and string offset, as the kernel numbered them. */
  readonly startId: number;
  readonly startString: number;
}

/** All that could be found, and where their list breaks off. */
export interface ModuleBtfs {
  readonly modules: readonly ModuleBtf[];
  readonly broken: Break | null;
}

const MODULES_LIMIT = 1 << 16;
/** Upper halves of addresses: the kernel's half of them, and its image and modules. */
const KERNEL_HALF = 0xff00_0000;
const IMAGE_HIGH = 0xffff_ffff;

/**
 * Lists the modules that have types (CONFIG_DEBUG_INFO_BTF_MODULES, 36e68442d1af, 5.11), by the list
 * btf_modules.
 * @throws InspectError missingInfo if the kernel has no BTF; notMapped or notStored
 */
export function listModuleBtf(typed: TypedKernel): ModuleBtfs {
  if (!typed.types.findStruct('btf_module')) return { modules: [], broken: null };
  const entry = typed.reader('btf_module', 'list', 'btf');
  const btf = typed.reader('btf', 'data', 'data_size', 'start_id', 'start_str_off', 'name');
  const list = BigInt(entry.type.offsetOf('list'));
  const { endId } = typed.types.btf;
  const head = typed.symbols.hasData
    ? typed.findSymbol('btf_modules')
    : searchListHead(typed, {
        isHigh: (high) => high >= KERNEL_HALF && high < IMAGE_HIGH,
        isNode: (node) => btf.load(entry.load(node - list).big('btf')).number('start_id') === endId,
      });
  if (head === undefined) return { modules: [], broken: null };
  const { nodes, broken } = walkList(typed.space, head, MODULES_LIMIT);
  const modules = nodes.map((node) => {
    btf.load(entry.load(node - list).big('btf'));
    return {
      module: btf.text('name'),
      data: btf.big('data'),
      size: btf.number('data_size'),
      startId: btf.number('start_id'),
      startString: btf.number('start_str_off'),
    };
  });
  return { modules, broken };
}

/**
 * Returns a module's types, which continue those of the kernel.
 * @throws InspectError corrupt if they continue something else
 */
export function readModuleBtf(typed: TypedKernel, from: ModuleBtf): Btf {
  const base = typed.types.btf;
  if (from.startId !== base.endId || from.startString !== base.strings.end) {
    const wanted = `type ${from.startId} and string ${from.startString}`;
    throw new InspectError(
      'corrupt',
      `the types of module ${from.module} continue after ${wanted}, but the kernel's end at ${base.endId} and ${base.strings.end}`,
      { address: from.data },
    );
  }
  return readBlob(typed.space, { address: from.data, size: BigInt(from.size) }, base);
}
