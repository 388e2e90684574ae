import type { MemoryImage, VmcoreinfoText } from '../../formats/image/image.ts';
import { AddressSpace } from '../paging/address-space.ts';
import { PageWalker } from '../paging/page-walk.ts';
import { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import type { Kernel } from './kernel.ts';
import { filled } from './left-out.ts';

/** What was found out about a kernel, as plain data, so that another thread need not search again. */
export interface KernelFacts extends Omit<Kernel, 'image' | 'info' | 'space'> {
  readonly vmcoreinfo: VmcoreinfoText;
  /** Physical address of the root page table, bytes. */
  readonly root: number;
  readonly encryptionMask: bigint;
}

export function kernelFacts({ image: _, info, space, ...found }: Kernel): KernelFacts {
  const { root, encryptionMask } = space.walker;
  return { ...found, vmcoreinfo: { text: info.text, source: info.source }, root, encryptionMask };
}

/** Makes the kernel from its facts, on another open image of the same dump. */
export function kernelFrom(opened: MemoryImage, facts: KernelFacts): Kernel {
  const { vmcoreinfo, root, encryptionMask, ...found } = facts;
  const image = found.leftOut ? filled(opened, found.leftOut) : opened;
  const { memory } = image;
  const walker = new PageWalker({ memory, root, levels: facts.pagingLevels, encryptionMask });
  const space = new AddressSpace(walker, memory, image.live);
  return { ...found, image, info: new Vmcoreinfo(vmcoreinfo), space };
}
