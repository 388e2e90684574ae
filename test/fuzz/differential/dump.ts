import { basename } from 'node:path';
import { FileSource } from '../../../src/bytes/file-source.ts';
import type { ByteSource } from '../../../src/bytes/source.ts';
import { u32At, u64At } from '../../../src/bytes/words.ts';
import { InspectError } from '../../../src/errors.ts';
import type { MemoryImage, VmcoreinfoText } from '../../../src/formats/image/image.ts';
import { openSources } from '../../../src/formats/open.ts';
import { type Kernel, openKernel } from '../../../src/kernel/open/kernel.ts';
import type { StructType } from '../../../src/kernel/types/struct-type.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { inForm } from './forms.ts';

/** A real dump, opened by the program's own code to find out where its structures lie in the file. */
export class Dump {
  readonly name: string;
  readonly file: ByteSource;
  readonly image: MemoryImage;
  readonly kernel: Kernel;
  readonly typed: TypedKernel;
  /** Whether its memory has the types; without them most of the kernel's structures cannot be found. */
  readonly hasTypes: boolean;
  readonly #pools = new Map<string, readonly bigint[]>();

  /** @param form what the dump is written as, a name in FORMS; ELF if absent */
  static async open(path: string, form?: string): Promise<Dump> {
    const elf = new FileSource(path);
    const image = await openSources([elf]);
    const name = basename(path, '.elf');
    if (form === undefined) return new Dump(name, elf, image, image.vmcoreinfo);
    const file = inForm(form, elf, image);
    return new Dump(name, file, await openSources([file]), image.vmcoreinfo);
  }

  private constructor(name: string, file: ByteSource, image: MemoryImage, text: VmcoreinfoText | null) {
    this.name = name;
    this.file = file;
    this.image = image;
    this.kernel = openKernel(image, text ? { vmcoreinfo: text } : {});
    this.typed = new TypedKernel(this.kernel);
    this.hasTypes = attempt(() => this.typed.types) !== undefined;
  }

  /** A structure; undefined if this kernel has none with that name. */
  struct(name: string): StructType | undefined {
    return this.hasTypes ? attempt(() => this.typed.types.struct(name)) : undefined;
  }

  symbol(name: string): bigint | undefined {
    return attempt(() => this.typed.findSymbol(name));
  }

  /** Addresses of objects of one kind, found once; empty if they cannot be found. */
  pool(name: string, find: (dump: Dump) => readonly bigint[]): readonly bigint[] {
    const known = this.#pools.get(name) ?? attempt(() => find(this)) ?? [];
    this.#pools.set(name, known);
    return known;
  }

  u64(address: bigint): bigint {
    return u64At(this.bytes(address, 8), 0);
  }

  u32(address: bigint): number {
    return u32At(this.bytes(address, 4), 0);
  }

  /** The bytes at a virtual address. @throws InspectError */
  bytes(address: bigint, length: number): Uint8Array {
    return this.kernel.space.bytes(address, length);
  }

  /** Where the byte at a virtual address lies in the file; undefined if it is not there. */
  positionOf(address: bigint): number | undefined {
    const physical = attempt(() => this.kernel.space.translate(address));
    return physical === undefined ? undefined : this.positionOfPhysical(physical);
  }

  /**
   * The same for a physical address, as the program reads it: from the first segment that has the address.
   */
  positionOfPhysical(physical: number): number | undefined {
    const segment = [...this.image.segments].find(
      (s) => s.physical !== null && physical >= s.physical && physical < s.physical + Number(s.fileSize),
    );
    if (!segment || segment.physical === null) return undefined;
    return Number(segment.offset) + physical - segment.physical;
  }

  /** Bytes of the file itself. */
  fileBytes(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.file.read(at, bytes);
    return bytes;
  }
}

/** What `read` returns; undefined if the dump does not have it. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}
