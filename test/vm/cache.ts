import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Where setup.sh puts what it downloads. */
export const cache = process.env.KDUMP_INSPECT_VM ?? path.join(tmpdir(), 'kdump-inspect-vm');

/** The program as `npm run build` leaves it. */
export const dist = path.resolve(import.meta.dirname, '../../dist');

/** A file of the kernel that setup.sh unpacked for a suite: vmlinuz, modules or release. */
export const kernelFile = (suite: string, name: 'vmlinuz' | 'modules' | 'release'): string =>
  path.join(cache, 'kernels', suite, name);

/** The folder in which a boot leaves its files; they stay for a look after a failure. */
export function workFolder(suite: string): string {
  const folder = path.join(cache, 'work', suite);
  mkdirSync(folder, { recursive: true });
  return folder;
}
