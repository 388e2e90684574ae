import { hex } from '../hex.ts';
import { PAGE_SIZE } from '../machine.ts';
import type { PageDetails } from '../pages/details/details.ts';
import type { PageMappers, PageOwner } from '../pages/details/owner.ts';
import { escapeText } from './escape.ts';
import { kfenceText, slabText } from './page-slab-text.ts';
import { plural, size } from './units.ts';
import { USAGE_NAMES } from './usage-names.ts';

/** Lines of names and values for people. */
export type Lines = [name: string, value: string][];

/** What BTF adds to the text of `page`. */
export function detailLines({ use, place, head, mapcounts, owner }: PageDetails, pfn: number): Lines {
  const at = 'value' in place ? place.value : null;
  const outside = at && !at.inSpan ? ', in whose span it is not' : '';
  const counts = Object.entries(mapcounts.compound).map(([name, count]) => `${name} ${count}`);
  const mapped = [...(mapcounts.page === null ? [] : [String(mapcounts.page)]), ...counts];
  return [
    ['use', useName(use)],
    ...(at ? ([['zone', `node ${at.node} ${escapeText(at.zone)}${outside}`]] as Lines) : []),
    ...(head.order > 0 || head.pfn !== pfn ? ([['part of', partOf(head)]] as Lines) : []),
    ...(mapped.length > 0 ? ([['mapcount', mapped.join(', ')]] as Lines) : []),
    ['owner', 'missing' in owner ? `cannot be told: ${escapeText(owner.missing)}` : ownerText(owner.value)],
    ...('value' in owner && owner.value ? mappedLines(owner.value) : []),
  ];
}

function useName(use: PageDetails['use']): string {
  return use === 'kernel' ? 'kernel, not marked as anything' : USAGE_NAMES[use][0];
}

function partOf({ pfn, order, refcount }: PageDetails['head']): string {
  return `2^${order} pages, ${size(PAGE_SIZE * 2 ** order)}, from pfn ${pfn} on, _refcount ${refcount}`;
}

function ownerText(owner: PageOwner | null): string {
  if (owner === null) return 'nothing says whose it is';
  switch (owner.kind) {
    case 'kfence':
      return kfenceText(owner);
    case 'slab':
      return slabText(owner);
    case 'file':
    case 'shmem':
      return `${fileName(owner.file)}, at offset ${hex(owner.offset)}`;
    case 'anonymous':
      return `anon_vma ${hex(owner.anonVma)}`;
    case 'ksm':
      return `shared by KSM, stable node ${hex(owner.anonVma)}`;
    case 'hugetlb':
      return owner.free
        ? `free in the pool of ${size(owner.size)}`
        : `${owner.file ? fileName(owner.file) : 'anonymous'}, of the pool of ${size(owner.size)}`;
    case 'kernelStack': {
      const whose = owner.task
        ? `${owner.task.pid} ${escapeText(owner.task.comm)}`
        : 'no task, kept for a new one';
      return `kernel stack at ${hex(owner.address)} of ${whose}`;
    }
    case 'vmalloc':
      return `${owner.area} area at ${hex(owner.address)}, asked for by ${escapeText(owner.caller)}, page at offset ${hex(owner.offset)}`;
    case 'free':
      return `buddy allocator, block of order ${owner.order} from pfn ${owner.head} on`;
    case 'crashKernel':
      return 'kept for the crash kernel';
    case 'kernelImage':
      return `kernel image${owner.symbol ? `, ${escapeText(owner.symbol)}` : ''}`;
    case 'memmap':
      return `struct pages of memory section ${owner.section}`;
  }
}

type File = Extract<PageOwner, { kind: 'file' | 'shmem' }>['file'];

function fileName({ path, deleted, ino, type, device, id, unnamed }: File): string {
  const fs = `${escapeText(type)} ${device} (${escapeText(id)})`;
  return path === null
    ? `inode ${ino} of ${fs}${unnamed ? `, whose name cannot be read: ${escapeText(unnamed.message)}` : ''}`
    : `${escapeText(path)}${deleted ? ' (deleted)' : ''}, inode ${ino} of ${fs}`;
}

function mappedLines(owner: PageOwner): Lines {
  const mapped = 'mapped' in owner ? owner.mapped : null;
  return mapped ? [['mapped by', mappersText(mapped)]] : [];
}

function mappersText({ mappers, count, complete }: PageMappers): string {
  const unsure = complete ? '' : ', and maybe others';
  if (count === 0) return `no process${unsure}`;
  const named = mappers.map(({ pid, comm, address }) => `${pid} ${escapeText(comm)} at ${hex(address)}`);
  const more = count > mappers.length ? `, ${plural(count - mappers.length, 'more mapping')}` : '';
  return `${named.join(', ')}${more}${unsure}`;
}
