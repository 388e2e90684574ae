/** Why a stream is invalid. */
const ENDS = 'the stream ends too early';
const OVERFLOWS = 'it decodes to more than a page';
const BEFORE = 'it refers to data before its start';

/** The state after a run of four or more literals: the next instruction has another meaning (see `short`). */
const AFTER_RUN = 4;

/**
 * Decodes an LZO1X stream and checks every step against both ends. Written from the kernel's description of
 * the format (Documentation/staging/lzo.rst), for streams as liblzo2 writes them: without the version byte of
 * LZO-RLE.
 */
export class LzoDecoder {
  #input: Uint8Array = new Uint8Array(0);
  #output: Uint8Array = new Uint8Array(0);
  #in = 0;
  #out = 0;
  #problem = '';

  /**
   * Decodes `input` into `output`; returns why that failed, or undefined. It fails if `output` is not filled.
   */
  decode(input: Uint8Array, output: Uint8Array): string | undefined {
    this.#input = input;
    this.#output = output;
    this.#in = 0;
    this.#out = 0;
    this.#problem = '';
    this.#run();
    if (this.#problem) return this.#problem;
    if (this.#in < input.length) return `${input.length - this.#in} bytes follow the end of the stream`;
    return this.#out < output.length ? `it decodes to ${this.#out} bytes, not ${output.length}` : undefined;
  }

  /** Decodes instruction by instruction; `state` is how many literals followed the last one, or AFTER_RUN. */
  #run(): void {
    let state = this.#first();
    while (!this.#problem) {
      const code = this.#byte();
      if (this.#problem) return;
      if (code >= 16) {
        const next = this.#match(code);
        if (next < 0) return;
        state = next;
      } else if (state === 0) {
        this.#literals(3 + (code || 15 + this.#extension()));
        state = AFTER_RUN;
      } else {
        state = this.#short(code, state);
      }
    }
  }

  /** A first byte above 17 starts a run of literals. */
  #first(): number {
    const code = this.#input[0] ?? 0;
    if (code < 18) return 0;
    this.#in = 1;
    this.#literals(code - 17);
    return Math.min(code - 17, AFTER_RUN);
  }

  /** 0000DDSS after literals: copies two bytes from nearby, or after a run three from further back. */
  #short(code: number, state: number): number {
    const distance = (this.#byte() << 2) + (code >> 2) + 1;
    if (state === AFTER_RUN) this.#copy(distance + 2048, 3);
    else this.#copy(distance, 2);
    return this.#trailing(code & 3);
  }

  /** Copies what was decoded before; returns -1 at the end of the stream. */
  #match(code: number): number {
    if (code >= 64) {
      const length = code >= 128 ? 5 + ((code >> 5) & 3) : 3 + ((code >> 5) & 1);
      this.#copy((this.#byte() << 3) + ((code >> 2) & 7) + 1, length);
      return this.#trailing(code & 3);
    }
    const far = code < 32;
    const mask = far ? 7 : 31;
    const length = 2 + (code & mask || mask + this.#extension());
    const low = this.#byte();
    const word = low + (this.#byte() << 8);
    const distance = (word >> 2) + (far ? 16384 + ((code & 8) << 11) : 1);
    if (far && distance === 16384) {
      if (length !== 3 && !this.#problem) this.#problem = 'its end is malformed';
      return -1;
    }
    this.#copy(distance, length);
    return this.#trailing(low & 3);
  }

  #trailing(count: number): number {
    if (count > 0) this.#literals(count);
    return count;
  }

  #byte(): number {
    if (this.#in < this.#input.length) return this.#input[this.#in++] as number;
    this.#problem ||= ENDS;
    return 0;
  }

  /** The rest of a long length: 255 per zero byte, then a byte that is not zero. */
  #extension(): number {
    let length = 0;
    while (this.#in < this.#input.length && this.#input[this.#in] === 0) {
      length += 255;
      this.#in++;
    }
    return length + this.#byte();
  }

  #literals(count: number): void {
    if (this.#in + count > this.#input.length) this.#problem ||= ENDS;
    else if (this.#out + count > this.#output.length) this.#problem ||= OVERFLOWS;
    if (this.#problem) return;
    const input = this.#input;
    const output = this.#output;
    let from = this.#in;
    let to = this.#out;
    this.#in += count;
    this.#out += count;
    for (const end = this.#out; to < end; ) output[to++] = input[from++] as number;
  }

  /** Copies byte by byte, because a copy may overlap its own output. */
  #copy(distance: number, count: number): void {
    if (distance > this.#out) this.#problem ||= BEFORE;
    else if (this.#out + count > this.#output.length) this.#problem ||= OVERFLOWS;
    if (this.#problem) return;
    const output = this.#output;
    let to = this.#out;
    let from = to - distance;
    this.#out += count;
    for (const end = this.#out; to < end; ) output[to++] = output[from++] as number;
  }
}
