import type { ByteSource } from '../../bytes/source.ts';
import { Windows } from '../../bytes/windows.ts';
import { latin1 } from '../../bytes/words.ts';
import { corruptState, type Group } from './groups.ts';

/** A named value in a group; an element of an array has indexes. */
export interface Tag {
  readonly name: string;
  readonly indexes: readonly number[];
  /** Position of the value in the file, bytes. */
  readonly at: number;
  /** Bytes of the value in the file. */
  readonly size: number;
  /** Whether it has lengths of its own, as long values have. */
  readonly block: boolean;
  readonly compressed: boolean;
}

/** u16: length of the name, number of indexes, and size of the value (TAG_* of crash's vmware_vmss.h) */
const FLAGS_BYTES = 2;
/** A tag with the longest name, three indexes, two lengths and the size of the padding. */
const LONGEST = FLAGS_BYTES + 255 + 3 * 4 + 2 * 8 + 2;
/** Sizes of the value that mean a block, and a compressed block. */
const BLOCK = 63;
const COMPRESSED = 62;
/** A group has thousands at most: a few hundred per virtual CPU. */
const TAGS_LIMIT = 1_000_000;

/**
 * The tags of a group, in file order, without their values. A tag of zeros ends them.
 * @param wide whether the lengths of blocks have 8 bytes, as in all but the oldest states
 * @throws InspectError corrupt, if the file ends before the tags do
 */
export function* tagsOf(source: ByteSource, { name: group, position }: Group, wide: boolean): Generator<Tag> {
  const file = new Windows(source, { size: 1 << 16, count: 1 });
  let at = position;
  for (let count = 0; count < TAGS_LIMIT; count++) {
    const bytes = file.at(at, LONGEST);
    if (bytes.length < FLAGS_BYTES) throw corruptState(source, at, `its end is inside the group ${group}`);
    if (bytes[0] === 0 && bytes[1] === 0) return;
    const tag = decode(bytes, at, wide);
    if (!tag || tag.at + tag.size > source.size)
      throw corruptState(source, at, `its end is inside a tag of the group ${group}`);
    yield tag;
    at = tag.at + tag.size;
  }
  throw corruptState(source, position, `its group ${group} has more than ${TAGS_LIMIT} tags`);
}

/** undefined if the bytes end inside the tag. */
function decode(bytes: Uint8Array, start: number, wide: boolean): Tag | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getUint16(0, true);
  const [nameLength, count, size] = [flags >> 8, (flags >> 6) & 3, flags & 63];
  const values = FLAGS_BYTES + nameLength + 4 * count;
  const lengths = size < COMPRESSED ? 0 : (wide ? 16 : 8) + 2;
  if (values + lengths > bytes.length) return undefined;
  const name = latin1(bytes.subarray(FLAGS_BYTES, FLAGS_BYTES + nameLength));
  const indexes = Array.from({ length: count }, (_, i) =>
    view.getUint32(FLAGS_BYTES + nameLength + 4 * i, true),
  );
  if (lengths === 0) return { name, indexes, at: start + values, size, block: false, compressed: false };
  const onDisk = wide ? Number(view.getBigUint64(values, true)) : view.getUint32(values, true);
  const padding = view.getUint16(values + lengths - 2, true);
  const at = start + values + lengths + padding;
  return { name, indexes, at, size: onDisk, block: true, compressed: size !== BLOCK };
}
