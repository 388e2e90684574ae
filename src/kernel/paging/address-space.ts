import { ABSENCES, type Absence } from '../../absence.ts';
import { u32At, u64At } from '../../bytes/words.ts';
import { type ErrorKind, InspectError } from '../../errors.ts';
import type { PhysicalMemory } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import type { PageTableWalk, PageWalker, WalkResult } from './page-walk.ts';

/** A failed read ('io') is a different answer than memory that the dump does not have. */
export function errorKindOf(absence: Absence): ErrorKind {
  if (absence === 'unreadable') return 'io';
  return absence === 'corrupt' ? 'corrupt' : 'notStored';
}

/** No object that is read as a whole is larger: a kernel's types take some 10 MiB. */
const LARGEST = 64 << 20;
/** The end of a larger object is looked up before the object is allocated. */
const LARGE = 1 << 20;

/**
 * The lower half belongs to processes, except what none may map, so that NULL leads nowhere
 * (vm.mmap_min_addr).
 */
const isUser = (address: bigint) => address >= 0x1_0000n && address < 1n << 63n;

/** Returns why a walk ended without a page, as the end of a sentence. */
export function explainWalk(result: Exclude<WalkResult, { kind: 'mapped' }>, address: bigint): string {
  if (isUser(address) && (result.kind === 'notMapped' || result.kind === 'notPresent')) {
    return "is a process's address: the page tables of its process map it, not the kernel's";
  }
  switch (result.kind) {
    case 'notCanonical':
      return 'is not a canonical address';
    case 'notMapped':
      return `is not mapped (empty ${result.level.name} entry)`;
    case 'notPresent':
      return `is not present (${result.level.name} entry without the present bit)`;
    case 'noTable':
      return `cannot be translated: the ${result.level.name} table at physical ${hex(result.table)} is ${ABSENCES[result.absence]}`;
  }
}

/** A page of virtual addresses and where it lies in physical memory. */
interface Mapping {
  readonly virtual: bigint;
  readonly physical: number;
  readonly size: number;
}

/** Reads and walks per call of the listener: far less than a millisecond. */
const NOTIFY_EVERY = 256;

/** The kernel's virtual memory: every address goes through its own page tables. */
export class AddressSpace {
  readonly walker: PageWalker;
  readonly memory: PhysicalMemory;
  /** Whether the kernel runs, and its memory changes while it is read. */
  readonly live: boolean;
  readonly #onWork: (() => void) | undefined;
  #unreported = 0;
  #last: Mapping | undefined;

  /** @param onWork called now and then while memory is read, even if little of it comes from the file */
  constructor(walker: PageWalker, memory: PhysicalMemory, live = false, onWork?: () => void) {
    this.walker = walker;
    this.memory = memory;
    this.live = live;
    this.#onWork = onWork;
  }

  /** Returns the same address space over other physical memory. */
  over(memory: PhysicalMemory): AddressSpace {
    return new AddressSpace(this.walker, memory, this.live, this.#onWork);
  }

  /** Returns the same address space with a listener that is called now and then while it is read. */
  withListener(onWork: () => void): AddressSpace {
    return new AddressSpace(this.walker, this.memory, this.live, onWork);
  }

  #notify(): void {
    if (this.#onWork === undefined || ++this.#unreported < NOTIFY_EVERY) return;
    this.#unreported = 0;
    this.#onWork();
  }

  /** Returns the entries that lead to an address, and where they lead. */
  walk(address: bigint): PageTableWalk {
    this.#notify();
    return this.walker.walk(address);
  }

  /**
   * Returns the physical address of a virtual one in bytes.
   * @throws InspectError notMapped; notStored, corrupt or io (a table)
   */
  translate(address: bigint): number {
    const mapping = this.mappingAt(address);
    return mapping.physical + Number(address - mapping.virtual);
  }

  /**
   * Returns the page, 4 KiB to 1 GiB, that maps an address.
   * @throws InspectError notMapped; notStored, corrupt or io (a table)
   */
  mappingAt(address: bigint): Mapping {
    const last = this.#last;
    if (last && address >= last.virtual && address < last.virtual + BigInt(last.size)) return last;
    const { result } = this.walk(address);
    if (result.kind !== 'mapped') {
      const kind = result.kind === 'noTable' ? errorKindOf(result.absence) : 'notMapped';
      throw new InspectError(kind, `virtual address ${hex(address)} ${explainWalk(result, address)}`, {
        address,
      });
    }
    const inside = Number(address & BigInt(result.pageSize - 1));
    this.#last = {
      virtual: address - BigInt(inside),
      physical: result.physical - inside,
      size: result.pageSize,
    };
    return this.#last;
  }

  /**
   * Fills `into` from a virtual address on.
   * @throws InspectError notMapped, notStored, corrupt or io, for the first missing byte
   */
  read(address: bigint, into: Uint8Array): void {
    this.#notify();
    for (let done = 0; done < into.length; ) {
      const at = address + BigInt(done);
      const mapping = this.mappingAt(at);
      const inside = Number(at - mapping.virtual);
      const length = Math.min(into.length - done, mapping.size - inside);
      this.#readPhysical(at, mapping.physical + inside, into.subarray(done, done + length));
      done += length;
    }
  }

  #readPhysical(address: bigint, physical: number, into: Uint8Array): void {
    const missing = this.memory.read(physical, into);
    if (!missing) return;
    const at = address + BigInt(missing.address - physical);
    const why = `is ${ABSENCES[missing.absence]}${missing.detail ? `: ${missing.detail}` : ''}`;
    throw new InspectError(
      errorKindOf(missing.absence),
      `virtual address ${hex(at)} (physical ${hex(missing.address)}) ${why}`,
      {
        address: at,
      },
    );
  }

  /**
   * Returns `length` bytes from a virtual address on.
   * @throws InspectError as read; corrupt if no object is that long
   */
  bytes(address: bigint, length: number): Uint8Array {
    if (length > LARGE) this.#requireObject(address, length);
    const bytes = new Uint8Array(length);
    this.read(address, bytes);
    return bytes;
  }

  /** Lengths come from the dump: nothing is allocated for memory that is not there. */
  #requireObject(address: bigint, length: number): void {
    if (length > LARGEST)
      throw new InspectError(
        'corrupt',
        `an object of ${length} bytes at ${hex(address)} is larger than any in a kernel`,
        {
          address,
        },
      );
    this.mappingAt(address + BigInt(length - 1));
  }

  /** Returns the u64 at a virtual address. @throws InspectError as read */
  u64(address: bigint): bigint {
    return u64At(this.bytes(address, 8), 0);
  }

  /** Returns the u32 at a virtual address. @throws InspectError as read */
  u32(address: bigint): number {
    return u32At(this.bytes(address, 4), 0);
  }
}
