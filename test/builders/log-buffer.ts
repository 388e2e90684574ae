import { ascii, concat, packed } from './encode.ts';
import { BuiltKernel, type KernelPlan, LINKED_AT, START_KERNEL_MAP } from './kernel.ts';

/** A record of the record buffer of 3.5 to 5.9. */
export interface Logged {
  readonly text: string;
  readonly ts_nsec?: bigint;
  readonly facility?: number;
  readonly level?: number;
  readonly flags?: number;
  readonly caller_id?: number;
  /** Lines of the dictionary, KEY=value. */
  readonly dictionary?: readonly string[];
  /** Wrong value of `len`. */
  readonly len?: number;
  readonly text_len?: number;
}

export interface BufferPlan {
  readonly length?: number;
  /** The structure's name: log before 3.11. */
  readonly name?: 'log' | 'printk_log';
  /** With CONFIG_PRINTK_CALLER (5.1). */
  readonly callers?: boolean;
  readonly keys?: Readonly<Record<string, string | null>>;
  /** Wrong values of the indexes. */
  readonly first?: number;
  readonly next?: number;
  readonly logBufLen?: number;
  readonly kernel?: KernelPlan;
}

/** Places in the image, bytes from _stext. */
export const PLACES = { log_buf: 0x8000, log_buf_len: 0x8008, first: 0x8010, next: 0x8018, buffer: 0x10000 };

const address = (offset: number) => (START_KERNEL_MAP + BigInt(LINKED_AT + offset)).toString(16);

/** The record buffer, written as by log_store of kernel/printk/printk.c. */
export class BuiltBuffer {
  readonly #plan: BufferPlan;
  readonly #bytes: Uint8Array;
  readonly #header: number;
  #first = 0;
  #next = 0;

  constructor(plan: BufferPlan, logged: readonly Logged[]) {
    this.#plan = plan;
    this.#bytes = new Uint8Array(plan.length ?? 1024);
    this.#header = plan.callers ? 24 : 16;
    for (const record of logged) this.#store(record);
  }

  /** Frees room for the record and an empty header, then writes it; wraps at the end of the buffer. */
  #store(record: Logged): void {
    const bytes = this.#encode(record);
    while (!this.#hasRoom(bytes.length)) this.#dropFirst();
    if (this.#next + bytes.length + this.#header > this.#bytes.length) {
      this.#bytes.fill(0, this.#next, this.#next + this.#header);
      this.#next = 0;
    }
    this.#bytes.set(bytes, this.#next);
    this.#next += bytes.length;
  }

  #hasRoom(length: number): boolean {
    const free =
      this.#next > this.#first || (this.#next === 0 && this.#first === 0)
        ? Math.max(this.#bytes.length - this.#next, this.#first)
        : this.#first - this.#next;
    return free >= length + this.#header;
  }

  #dropFirst(): void {
    const view = new DataView(this.#bytes.buffer);
    this.#first += view.getUint16(this.#first + 8, true);
    if (view.getUint16(this.#first + 8, true) === 0) this.#first = 0;
  }

  #encode(record: Logged): Uint8Array {
    const text = ascii(record.text);
    const dictionary = ascii((record.dictionary ?? []).join('\0'));
    const used = this.#header + text.length + dictionary.length;
    const padding = new Uint8Array(Math.ceil(used / 8) * 8 - used);
    const header = packed(this.#header, [
      [0, 8, record.ts_nsec ?? 0],
      [8, 2, record.len ?? used + padding.length],
      [10, 2, record.text_len ?? text.length],
      [12, 2, dictionary.length],
      [14, 1, record.facility ?? 0],
      [15, 1, ((record.level ?? 6) << 5) | (record.flags ?? 0)],
      ...(this.#plan.callers ? ([[16, 4, record.caller_id ?? 0]] as const) : []),
    ]);
    return concat(header, text, dictionary, padding);
  }

  /** Makes the kernel with this buffer. */
  kernel(): BuiltKernel {
    const { first = this.#first, next = this.#next, logBufLen = this.#bytes.length } = this.#plan;
    const built = new BuiltKernel({ ...this.#plan.kernel, keys: { ...this.#keys(), ...this.#plan.keys } });
    const write = (offset: number, bytes: Uint8Array) => built.memory.write(built.imageAt + offset, bytes);
    write(PLACES.log_buf, packed(8, [[0, 8, BigInt(`0x${address(PLACES.buffer)}`)]]));
    write(PLACES.log_buf_len, packed(4, [[0, 4, logBufLen]]));
    write(PLACES.first, packed(4, [[0, 4, first]]));
    write(PLACES.next, packed(4, [[0, 4, next]]));
    write(PLACES.buffer, this.#bytes);
    return built;
  }

  #keys(): Record<string, string> {
    const name = this.#plan.name ?? 'printk_log';
    return {
      'SYMBOL(log_buf)': address(PLACES.log_buf),
      'SYMBOL(log_buf_len)': address(PLACES.log_buf_len),
      'SYMBOL(log_first_idx)': address(PLACES.first),
      'SYMBOL(log_next_idx)': address(PLACES.next),
      [`SIZE(${name})`]: `${this.#header}`,
      [`OFFSET(${name}.ts_nsec)`]: '0',
      [`OFFSET(${name}.len)`]: '8',
      [`OFFSET(${name}.text_len)`]: '10',
      [`OFFSET(${name}.dict_len)`]: '12',
      ...(this.#plan.callers ? { [`OFFSET(${name}.caller_id)`]: '16' } : {}),
    };
  }
}
