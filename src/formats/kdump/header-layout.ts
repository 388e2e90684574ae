import type { ByteSource } from '../../bytes/source.ts';
import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { type HeaderLayout, LAYOUTS, type MainHeader } from './layouts.ts';

/**
 * The layout in which the sizes make sense: a 64-bit writer's time stamp before them is wider.
 * @throws InspectError unsupported or corrupt, if they make sense in no layout
 */
export function headerLayoutOf(source: ByteSource, held: Uint8Array): HeaderLayout {
  const sizes = LAYOUTS.map(({ main }) => main.decode(held).block_size);
  const plausible = (size: number) => size >= 512 && size <= 1 << 16 && (size & (size - 1)) === 0;
  const found = LAYOUTS.find((layout) => isConsistent(layout.main.decode(held)));
  if (found) return found;
  const other = sizes.find(plausible);
  if (other !== undefined && other !== PAGE_SIZE) {
    throw problem(
      source,
      'unsupported',
      `a dump with blocks of ${other} bytes; an x86_64 page has ${PAGE_SIZE}`,
      428,
    );
  }
  const swapped = Buffer.from(held.buffer, held.byteOffset, held.byteLength);
  if ([416, 428].some((at) => plausible(swapped.readInt32BE(at)))) {
    throw problem(
      source,
      'unsupported',
      'a big-endian dump; only x86_64 is supported, which is little-endian',
      428,
    );
  }
  if (other === undefined)
    throw problem(source, 'corrupt', `block_size is ${sizes[0]}, not ${PAGE_SIZE}`, 428);
  throw tooSmall(source, LAYOUTS[sizes.indexOf(other)]?.main.decode(held) as MainHeader);
}

function isConsistent(main: MainHeader): boolean {
  const bits = main.bitmap_blocks * PAGE_SIZE * 8;
  return (
    main.block_size === PAGE_SIZE && main.sub_hdr_size >= 0 && main.max_mapnr > 0 && bits >= main.max_mapnr
  );
}

function tooSmall(source: ByteSource, main: MainHeader): InspectError {
  const { max_mapnr, bitmap_blocks, sub_hdr_size } = main;
  const what =
    sub_hdr_size < 0
      ? `sub_hdr_size is ${sub_hdr_size}`
      : `max_mapnr is ${max_mapnr}, but ${bitmap_blocks} bitmap blocks cover ${bitmap_blocks * PAGE_SIZE * 8} pages`;
  return problem(source, 'corrupt', what, 424);
}

/** The error for a file that ends before what its headers promise. @param needed bytes of the file */
export function tooShort(source: ByteSource, needed: number): InspectError {
  const what = `the headers and the bitmaps need ${needed} bytes, but the file has ${source.size}`;
  return problem(source, 'corrupt', `${what}: it is cut short, or its sizes are wrong`, source.size);
}

/** The error for a header. @param offset of the field, in bytes */
export function problem(
  source: ByteSource,
  kind: 'corrupt' | 'unsupported',
  what: string,
  offset: number,
): InspectError {
  const text = kind === 'corrupt' ? `kdump header: ${what}` : `this is ${what}`;
  return new InspectError(kind, `${source.path}: ${text}`, { path: source.path, offset });
}
