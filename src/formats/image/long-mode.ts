const CR0_PG = 1n << 31n;
/** CR4.PAE: paging of 64 bits needs it. */
const CR4_PAE = 1n << 5n;

/** Whether paging is on. Without it CR3 means nothing: the machine has not started this CPU. */
export function hasPaging(cr0: bigint): boolean {
  return (cr0 & CR0_PG) !== 0n;
}

/** Whether a CPU with these control registers may have page tables of x86_64 in use. */
export function mayBeInLongMode(cr0: bigint, cr4: bigint): boolean {
  return hasPaging(cr0) && (cr4 & CR4_PAE) !== 0n;
}
