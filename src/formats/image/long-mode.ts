/** CR0.PG: without paging CR3 means nothing. */
const CR0_PG = 1n << 31n;
/** CR4.PAE: paging of 64 bits needs it. */
const CR4_PAE = 1n << 5n;

/** Whether a CPU with these control registers may have page tables of x86_64 in use. */
export function mayBeInLongMode(cr0: bigint, cr4: bigint): boolean {
  return (cr0 & CR0_PG) !== 0n && (cr4 & CR4_PAE) !== 0n;
}
