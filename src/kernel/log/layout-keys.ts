import { InspectError } from '../../errors.ts';
import { required, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';

/** Limit for a structure of the log: the largest so far, printk_info of 7.0, has 112 bytes. */
const STRUCT_LIMIT = 1024;

const NEEDED = 'the records of the kernel log cannot be read';

/** Sizes and offsets from VMCOREINFO; each is checked to lie inside its structure. */
export class LayoutKeys {
  readonly #info: Vmcoreinfo;

  constructor(info: Vmcoreinfo) {
    this.#info = info;
  }

  size(name: string): number {
    const size = required(this.#info.size(name), `SIZE(${name})`, NEEDED);
    if (size < 1 || size > STRUCT_LIMIT) throw wrongKey(`SIZE(${name})`, size, `1 to ${STRUCT_LIMIT}`);
    return size;
  }

  offset(name: string): number {
    const offset = required(this.#info.offset(name), `OFFSET(${name})`, NEEDED);
    if (offset < 0 || offset > STRUCT_LIMIT)
      throw wrongKey(`OFFSET(${name})`, offset, `0 to ${STRUCT_LIMIT}`);
    return offset;
  }

  /**
   * Returns the offset of a field of `bytes`: the sum of the offsets of nested structures, outermost first.
   */
  within(structure: string, size: number, bytes: number, path: readonly string[]): number {
    const at = path.reduce((sum, name) => sum + this.offset(name), 0);
    if (at + bytes > size)
      throw wrongKey(`OFFSET(${path.join(') + OFFSET(')})`, at, `inside ${structure} of ${size} bytes`);
    return at;
  }
}

export function wrongKey(key: string, value: number, wanted: string): InspectError {
  return new InspectError('corrupt', `VMCOREINFO: ${key} is ${value}, but must be ${wanted}`, { key });
}
