import { ascii, packed } from './encode.ts';
import { BuiltKernel, type KernelPlan, LINKED_AT, START_KERNEL_MAP } from './kernel.ts';

/** The states of a descriptor (enum desc_state of printk_ringbuffer.h). */
export const STATE = { reserved: 0n, committed: 1n, finalized: 2n, reusable: 3n } as const;

/** A printed record: its text, as string or bytes, and its fields. */
export interface Print {
  readonly text?: string | Uint8Array;
  readonly ts_nsec?: bigint;
  readonly facility?: number;
  readonly level?: number;
  readonly flags?: number;
  readonly caller_id?: number;
  readonly subsystem?: string;
  readonly device?: string;
  readonly state?: bigint;
  /** Wrong value of text_len. */
  readonly text_len?: number;
  /** Wrong value of seq. */
  readonly seq?: bigint;
  /**
   * No block, but this value for both positions: for an empty text in 5.10, and in all kernels if there is no
   * space.
   */
  readonly dataLess?: 1n | 3n;
}

export interface RingPlan {
  readonly countBits?: number;
  readonly sizeBits?: number;
  /** Whether a block may end exactly at the end of the ring: since 6.18 (67e1b0052f6b). */
  readonly exactFit?: boolean;
  /** Bits of the id of record 0, -count: 32 in 5.10 to 6.12, all 62 in 7.3. */
  readonly idBits?: 32 | 62;
  /**
   * Size of printk_info and offset of its dev_info: 88 and 24, with CONFIG_PRINTK_EXECUTION_CTX (7.0) 112 and
   * 44.
   */
  readonly infoSize?: number;
  readonly devInfo?: number;
  /** First logical position, a multiple of the size; -size in every kernel. */
  readonly firstLpos?: bigint;
  /** Value of `prb` instead of the ring's address; null for a kernel without the key. */
  readonly prb?: bigint | null;
  /** Bytes of clear_seq. */
  readonly clearSeq?: Uint8Array;
  readonly latched?: boolean;
  readonly keys?: Readonly<Record<string, string | null>>;
  readonly kernel?: KernelPlan;
  readonly live?: boolean;
}

const DESC = 24;
const SUBSYSTEM = 16;
const DEVICE = 48;
const u64 = (n: bigint) => BigInt.asUintN(64, n);
const id62 = (n: bigint) => BigInt.asUintN(62, n);

/** Places in the image, bytes from _stext: the ring, the pointer to it, and its arrays on their own pages. */
export const PLACES = {
  prb: 0x8000,
  ring: 0x8100,
  clearSeq: 0x8200,
  descs: 0x10000,
  infos: 0x20000,
  data: 0x40000,
};

const address = (offset: number) => START_KERNEL_MAP + BigInt(LINKED_AT + offset);
const hex = (n: bigint) => n.toString(16);

/**
 * A lockless ring buffer, written as by the kernel's printk_ringbuffer.c: reserve, push the tail, allocate,
 * store.
 */
export class BuiltRing {
  readonly count: number;
  readonly size: number;
  readonly #plan: RingPlan;
  readonly #descs: Uint8Array;
  readonly #infos: Uint8Array;
  readonly #data: Uint8Array;
  readonly #infoSize: number;
  readonly #blocks = new Map<bigint, { begin: bigint; next: bigint }>();
  tail: bigint;
  head: bigint;
  #lpos: bigint;
  #seq = 0n;

  constructor(plan: RingPlan = {}) {
    this.#plan = plan;
    this.count = 2 ** (plan.countBits ?? 5);
    this.size = 2 ** (plan.sizeBits ?? 10);
    this.#infoSize = plan.infoSize ?? 88;
    this.#descs = new Uint8Array(DESC * this.count);
    this.#infos = new Uint8Array(this.#infoSize * this.count);
    this.#data = new Uint8Array(this.size);
    this.#lpos = u64(plan.firstLpos ?? -BigInt(this.size));
    this.tail = BigInt.asUintN(plan.idBits ?? 32, -BigInt(this.count)) - 1n;
    this.head = this.tail;
    this.setDesc(this.head, STATE.reusable, 1n, 1n);
  }

  /** Prints a record and returns its id. */
  print(print: Print = {}): bigint {
    const id = id62(this.head + 1n);
    if (id62(id - this.tail) >= BigInt(this.count)) this.#pushTail();
    this.head = id;
    this.#blocks.delete(id62(id - BigInt(this.count)));
    const text = typeof print.text === 'string' ? ascii(print.text) : (print.text ?? new Uint8Array());
    const lpos = print.dataLess ?? null;
    const { begin, next } = lpos === null ? this.#allocate(id, text) : { begin: lpos, next: lpos };
    this.setDesc(id, print.state ?? STATE.finalized, begin, next);
    this.#writeInfo(id, print, text.length);
    this.#seq++;
    return id;
  }

  /** Overwrites a descriptor with any values. */
  setDesc(
    id: bigint,
    state: bigint,
    begin: bigint,
    next: bigint,
    index = Number(id % BigInt(this.count)),
  ): void {
    this.#blocks.set(id, { begin, next });
    const fields = packed(DESC, [
      [0, 8, (state << 62n) | id],
      [8, 8, begin],
      [16, 8, next],
    ]);
    this.#descs.set(fields, index * DESC);
  }

  /** Returns the logical positions of a record's block. */
  block(id: bigint): { begin: bigint; next: bigint } {
    const block = this.#blocks.get(id);
    if (!block) throw new Error(`no record has the id ${id}`);
    return block;
  }

  /** Overwrites bytes of the data ring. */
  writeData(offset: number, bytes: Uint8Array): void {
    this.#data.set(bytes, offset);
  }

  #pushTail(): void {
    this.#reuse(this.tail);
    this.tail = id62(this.tail + 1n);
  }

  #reuse(id: bigint): void {
    const block = this.#blocks.get(id);
    if (block) this.setDesc(id, STATE.reusable, block.begin, block.next);
  }

  /** Allocates a block after the last one, or at the start of the next lap; what was there is reused. */
  #allocate(id: bigint, text: Uint8Array): { begin: bigint; next: bigint } {
    const bytes = 8 + Math.ceil(text.length / 8) * 8;
    const begin = this.#lpos;
    const inside = Number(begin % BigInt(this.size));
    const fits = this.#plan.exactFit ? inside + bytes <= this.size : inside + bytes < this.size;
    const next = u64(fits ? begin + BigInt(bytes) : begin + BigInt(this.size - inside + bytes));
    for (const [other, block] of this.#blocks) {
      const age = u64(next - block.begin);
      if (other !== id && block.begin % 2n === 0n && age > BigInt(this.size)) this.#reuse(other);
    }
    const block = packed(bytes, [[0, 8, id]]);
    block.set(text, 8);
    this.#data.set(packed(8, [[0, 8, id]]), inside);
    this.#data.set(block, fits ? inside : 0);
    this.#lpos = next;
    return { begin, next };
  }

  #writeInfo(id: bigint, print: Print, length: number): void {
    const dev = this.#plan.devInfo ?? 24;
    const info = packed(this.#infoSize, [
      [0, 8, print.seq ?? this.#seq],
      [8, 8, print.ts_nsec ?? this.#seq * 1_000_000n],
      [16, 2, print.text_len ?? length],
      [18, 1, print.facility ?? 0],
      [19, 1, ((print.level ?? 6) << 5) | (print.flags ?? 0)],
      [20, 4, print.caller_id ?? 1],
    ]);
    info.set(ascii(print.subsystem ?? '').subarray(0, SUBSYSTEM), dev);
    info.set(ascii(print.device ?? '').subarray(0, DEVICE), dev + SUBSYSTEM);
    this.#infos.set(info, Number(id % BigInt(this.count)) * this.#infoSize);
  }

  /** Makes the kernel with this ring. */
  kernel(): BuiltKernel {
    const { prb, clearSeq, latched, keys, kernel: plan, live } = this.#plan;
    const built = new BuiltKernel({
      ...plan,
      keys: { ...this.#keys(prb !== null, clearSeq !== undefined, latched === true), ...keys },
    });
    const write = (offset: number, bytes: Uint8Array) => built.memory.write(built.imageAt + offset, bytes);
    write(PLACES.prb, packed(8, [[0, 8, prb ?? address(PLACES.ring)]]));
    write(PLACES.ring, this.#header());
    write(PLACES.clearSeq, clearSeq ?? new Uint8Array());
    write(PLACES.descs, this.#descs);
    write(PLACES.infos, this.#infos);
    write(PLACES.data, this.#data);
    if (live) Object.defineProperty(built, 'image', { value: { ...built.image, live: true } });
    return built;
  }

  /** struct printk_ringbuffer of 6.x. */
  #header(): Uint8Array {
    return packed(88, [
      [0, 4, Math.log2(this.count)],
      [8, 8, address(PLACES.descs)],
      [16, 8, address(PLACES.infos)],
      [24, 8, this.head],
      [32, 8, this.tail],
      [48, 4, Math.log2(this.size)],
      [56, 8, address(PLACES.data)],
    ]);
  }

  #keys(pointer: boolean, clearSeq: boolean, latched: boolean): Record<string, string> {
    return {
      ...(pointer ? { 'SYMBOL(prb)': hex(address(PLACES.prb)) } : {}),
      'SYMBOL(printk_rb_static)': hex(address(PLACES.ring)),
      ...(clearSeq ? { 'SYMBOL(clear_seq)': hex(address(PLACES.clearSeq)) } : {}),
      ...(latched ? { 'SIZE(latched_seq)': '24', 'OFFSET(latched_seq.val)': '8' } : {}),
      ...RING_KEYS,
      'SIZE(printk_info)': `${this.#infoSize}`,
      'OFFSET(printk_info.dev_info)': `${this.#plan.devInfo ?? 24}`,
    };
  }
}

/** The keys of these structures in VMCOREINFO of a 6.x kernel. */
const RING_KEYS: Readonly<Record<string, string>> = {
  'SIZE(printk_ringbuffer)': '88',
  'OFFSET(printk_ringbuffer.desc_ring)': '0',
  'OFFSET(printk_ringbuffer.text_data_ring)': '48',
  'SIZE(prb_desc_ring)': '48',
  'OFFSET(prb_desc_ring.count_bits)': '0',
  'OFFSET(prb_desc_ring.descs)': '8',
  'OFFSET(prb_desc_ring.infos)': '16',
  'OFFSET(prb_desc_ring.head_id)': '24',
  'OFFSET(prb_desc_ring.tail_id)': '32',
  'SIZE(prb_desc)': `${DESC}`,
  'OFFSET(prb_desc.state_var)': '0',
  'OFFSET(prb_desc.text_blk_lpos)': '8',
  'SIZE(prb_data_blk_lpos)': '16',
  'OFFSET(prb_data_blk_lpos.begin)': '0',
  'OFFSET(prb_data_blk_lpos.next)': '8',
  'OFFSET(printk_info.seq)': '0',
  'OFFSET(printk_info.ts_nsec)': '8',
  'OFFSET(printk_info.text_len)': '16',
  'OFFSET(printk_info.caller_id)': '20',
  'SIZE(dev_printk_info)': '64',
  'OFFSET(dev_printk_info.subsystem)': '0',
  'LENGTH(printk_info_subsystem)': `${SUBSYSTEM}`,
  'OFFSET(dev_printk_info.device)': `${SUBSYSTEM}`,
  'LENGTH(printk_info_device)': `${DEVICE}`,
  'SIZE(prb_data_ring)': '32',
  'OFFSET(prb_data_ring.size_bits)': '0',
  'OFFSET(prb_data_ring.data)': '8',
  'SIZE(atomic_long_t)': '8',
  'OFFSET(atomic_long_t.counter)': '0',
};
