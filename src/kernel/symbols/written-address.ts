/**
 * An address as people and the kernel write it: 0x hex, `symbol`, `symbol+0x10`, `symbol+0x10/0x40 [module]`,
 * `runqueues@1`. What stands for a number needs no symbols.
 */
export interface WrittenAddress {
  /** As it was written, in one line. */
  readonly text: string;
  /** The number before an offset; for a word such as `bad` only if no symbol has that name. null: a symbol. */
  readonly number: bigint | null;
  /** null: a number. */
  readonly symbol: string | null;
  /** The module that has the symbol. */
  readonly module: string | null;
  /** The CPU whose copy of a per-CPU variable is meant. */
  readonly cpu: number | null;
  /** Bytes from the symbol or number. */
  readonly offset: bigint;
  /** Bytes of the symbol, as an oops has it after the offset. */
  readonly size: bigint | null;
}

/** The address, if nothing has to be looked up for it. */
export function plainAddress({ number, symbol, cpu, offset }: WrittenAddress): bigint | undefined {
  return number === null || symbol !== null || cpu !== null ? undefined : BigInt.asUintN(64, number + offset);
}

/**
 * Whether it is written as the kernel prints a hashed pointer (%p): 16 digits, of which the upper 8 are 0
 * (ptr_to_hashval, lib/vsprintf.c, since 4.15). A process's address below 4 GiB looks the same.
 */
export function mayBeHashed({ text, number }: WrittenAddress): boolean {
  return /^0{8}[0-9a-f]{8}$/i.test(text) && number !== null && number >= 0x1_0000n;
}
