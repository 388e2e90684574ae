import { InspectError } from '../../errors.ts';
import { required, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';

/** A structure of the log larger than this is a lie: the largest so far, printk_info of 7.0, has 112 bytes. */
const STRUCT_LIMIT = 1024;

const NEEDED = 'the records of the kernel log cannot be read';

/** Sizes and offsets out of VMCOREINFO, none of which is believed before it is known to lie inside its structure. */
export class LayoutKeys {
  readonly #info: Vmcoreinfo;

  constructor(info: Vmcoreinfo) {
    this.#info = info;
  }

  size(name: string): number {
    const size = required(this.#info.size(name), `SIZE(${name})`, NEEDED);
    if (size < 1 || size > STRUCT_LIMIT) throw lie(`SIZE(${name})`, size, `1 to ${STRUCT_LIMIT}`);
    return size;
  }

  offset(name: string): number {
    const offset = required(this.#info.offset(name), `OFFSET(${name})`, NEEDED);
    if (offset < 0 || offset > STRUCT_LIMIT) throw lie(`OFFSET(${name})`, offset, `0 to ${STRUCT_LIMIT}`);
    return offset;
  }

  /** Where a field of `bytes` lies in a structure, by the offsets of the structures around it, from outside in. */
  within(structure: string, size: number, bytes: number, path: readonly string[]): number {
    const at = path.reduce((sum, name) => sum + this.offset(name), 0);
    if (at + bytes > size)
      throw lie(`OFFSET(${path.join(') + OFFSET(')})`, at, `inside ${structure} of ${size}`);
    return at;
  }
}

export function lie(key: string, value: number, wanted: string): InspectError {
  return new InspectError('corrupt', `VMCOREINFO: ${key} is ${value}, and has to be ${wanted}`, { key });
}
