import { hex } from '../../hex.ts';
import type { OwnerRow, PageFileRow } from '../page-details.ts';
import { size } from '../units.ts';
import { kfenceText, slabText } from './page-slab-text.ts';

/** Says who owns a page. */
export function ownerText(owner: OwnerRow): string {
  switch (owner.kind) {
    case 'kfence':
      return kfenceText(owner);
    case 'slab':
      return slabText(owner);
    case 'file':
    case 'shmem':
      return `${fileName(owner.file)}, at offset ${hex(BigInt(owner.offset))}`;
    case 'anonymous':
      return `anon_vma ${owner.anonVma}`;
    case 'ksm':
      return `shared by KSM, stable node ${owner.anonVma}`;
    case 'hugetlb':
      return owner.free
        ? `free in the pool of ${size(owner.size)}`
        : `${owner.file ? fileName(owner.file) : 'anonymous'}, of the pool of ${size(owner.size)}`;
    case 'kernelStack': {
      const whose = owner.task ? `${owner.task.pid} ${owner.task.comm}` : 'no task, cached for a new one';
      return `kernel stack at ${owner.address} of ${whose}`;
    }
    case 'vmalloc':
      return `${owner.area} area at ${owner.address}, allocated by ${owner.caller}, page at offset ${hex(owner.offset)}`;
    case 'free':
      return `buddy allocator, block of order ${owner.order} from pfn ${owner.head} on`;
    case 'crashKernel':
      return 'reserved for the crash kernel';
    case 'kernelImage':
      return `kernel image${owner.symbol ? `, ${owner.symbol}` : ''}`;
    case 'memmap':
      return `struct pages of memory section ${owner.section}`;
  }
}

function fileName({ path, pathError, deleted, inode, fileSystem }: PageFileRow): string {
  const { type, device, id } = fileSystem;
  const place = `inode ${inode} of ${type} ${device} (${id})`;
  if (path !== null) return `${path}${deleted ? ' (deleted)' : ''}, ${place}`;
  return pathError === undefined ? place : `${place}, whose name cannot be read: ${pathError}`;
}
