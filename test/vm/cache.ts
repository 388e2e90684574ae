import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Where setup.sh puts what it downloads. */
export const cache = process.env.KDUMP_INSPECT_VM ?? path.join(tmpdir(), 'kdump-inspect-vm');

/** The program as `npm run build` leaves it. */
export const dist = path.resolve(import.meta.dirname, '../../dist');

/**
 * What setup.sh made of a kernel: vmlinuz, or the folder of its modules, which has the release's name;
 * of a kernel that was built, also the linker's list of symbols.
 */
export const kernelFile = (kernel: string, name: 'vmlinuz' | 'modules' | 'System.map'): string =>
  path.join(cache, 'kernels', kernel, name);

/**
 * A new folder for the files of one boot, so that two runs of the suite do not overwrite each other's dumps.
 */
export const makeWorkFolder = (name: string): string => mkdtempSync(path.join(cache, `work-${name}-`));

/** Removes the folder unless KDUMP_INSPECT_VM_KEEP is set: a dump and its root disk are close to 1 GB. */
export function removeWorkFolder(folder: string): void {
  if (process.env.KDUMP_INSPECT_VM_KEEP === undefined) rmSync(folder, { recursive: true, force: true });
}
