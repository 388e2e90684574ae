import { InspectError, within } from '../../errors.ts';
import type { Btf } from '../btf/btf.ts';
import { btfInImage } from '../btf/btf-search.ts';
import { btfBySymbols, readBlob } from '../btf/read-btf.ts';
import type { Kallsyms } from '../kallsyms/kallsyms.ts';
import type { Kernel } from '../open/kernel.ts';
import { ImageReader } from '../paging/image-reader.ts';
import type { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { Types } from './types.ts';

/** The key of the error for a kernel that was built without BTF. */
export const BTF_KEY = 'SYMBOL(__start_BTF)';

/**
 * Reads the types of a kernel: from where its symbols say, otherwise from where a search of its image finds
 * them. No dump level of makedumpfile removes them.
 * @param symbols undefined for a kernel without a symbol table
 * @throws InspectError missingInfo with BTF_KEY if the kernel has none; notMapped, notStored or io; corrupt or
 * unsupported
 */
export function readTypes(kernel: Kernel, symbols: Kallsyms | undefined): Types {
  const place = symbols && btfBySymbols(symbols);
  if (place) return new Types(readBlob(kernel.space, place));
  const image = new ImageReader(kernel.space);
  const { types, damaged } = searched(kernel, image);
  if (types) return types;
  // A table with names of data has that of BTF, too, if there is any.
  if (symbols?.hasData) throw noBtf();
  if (image.lost) throw within("the kernel's types (BTF) cannot be searched for", image.lost);
  throw damaged ?? noBtf();
}

function noBtf(): InspectError {
  return new InspectError('missingInfo', 'this kernel has no BTF, which describes its structures', {
    key: BTF_KEY,
    hint: 'kernels have it if they are built with CONFIG_DEBUG_INFO_BTF=y, as distributions do',
  });
}

interface Searched {
  readonly types?: Types;
  /** Why the first place that begins like BTF could not be read. */
  readonly damaged?: InspectError;
}

function searched({ space, info }: Kernel, image: ImageReader): Searched {
  let damaged: InspectError | undefined;
  for (const place of btfInImage(image, info.symbol('_stext'))) {
    let btf: Btf;
    try {
      btf = readBlob(space, place);
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      damaged ??= error;
      continue;
    }
    const types = new Types(btf);
    if (isProven(types, info)) return { types };
  }
  return damaged ? { damaged } : {};
}

/** Types of every kernel, which small BTFs of programs in the image lack. */
const IN_EVERY_KERNEL = ['task_struct', 'page', 'list_head', 'mm_struct'];
const LAYOUT_KEY = /^(SIZE|OFFSET)\((\w+)(?:\.([\w.]+))?\)$/;
/** A kernel's VMCOREINFO has some 50 sizes and offsets. */
const CONFIRMATIONS = 8;

/** Whether these are the types of the kernel that wrote this VMCOREINFO: its sizes and offsets agree. */
function isProven(types: Types, info: Vmcoreinfo): boolean {
  if (IN_EVERY_KERNEL.some((name) => types.findStruct(name) === undefined)) return false;
  let confirmed = 0;
  for (const key of info.keys()) {
    const [, kind, struct = '', path] = LAYOUT_KEY.exec(key) ?? [];
    const type = kind === undefined ? undefined : types.findStruct(struct);
    const own = path === undefined ? type?.size : type?.find(path)?.offset;
    if (own === undefined) continue;
    if (info.get(key) !== `${own}`) return false;
    confirmed++;
  }
  return confirmed >= CONFIRMATIONS;
}
