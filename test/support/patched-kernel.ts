import { FileSource } from '../../src/bytes/file-source.ts';
import type { MemoryImage } from '../../src/formats/image/image.ts';
import { openKernel } from '../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../src/kernel/types/typed-kernel.ts';
import { openSource } from '../builders/open-source.ts';
import { PatchedSource } from '../builders/patched-source.ts';
import { dumpOf } from './fixture.ts';

/** Bytes of the kernel's memory. */
export interface Patch {
  /** Virtual address. */
  readonly at: bigint;
  readonly bytes: Uint8Array;
}

/** The kernel of a fixture, with some of its memory changed. The caller closes its image. */
export function patchedKernel(name: string, ...patches: readonly Patch[]): TypedKernel {
  const image = openSource(new FileSource(dumpOf(name)));
  const typed = new TypedKernel(openKernel(image));
  if (patches.length === 0) return typed;
  const inFile = patches.map(({ at, bytes }) => ({
    at: positionOf(image, typed.space.translate(at)),
    bytes,
  }));
  image.close();
  return new TypedKernel(openKernel(openSource(new PatchedSource(new FileSource(dumpOf(name)), inFile))));
}

/** Where the file has the memory at a physical address. */
function positionOf({ segments }: MemoryImage, physical: number): bigint {
  const holder = [...segments].find(
    (segment) =>
      segment.physical !== null &&
      physical >= segment.physical &&
      physical < segment.physical + Number(segment.fileSize),
  );
  if (!holder) throw new Error('that is not in the dump');
  return BigInt(holder.offset) + BigInt(physical - (holder.physical ?? 0));
}
