import type { ByteSource } from '../../src/bytes/source.ts';
import { notADump } from '../../src/formats/foreign/foreign.ts';
import type { OpenOptions } from '../../src/formats/image/format.ts';
import type { MemoryImage } from '../../src/formats/image/image.ts';
import { formatOf, openAs, unflattened } from '../../src/formats/open.ts';

/** Like openSources() for one file, but synchronous, for formats whose code need not be loaded. */
export function openSource(source: ByteSource, options: OpenOptions = {}): MemoryImage {
  const files = unflattened([source], options);
  const format = formatOf(files, options);
  if (!format) throw notADump(files[0]);
  if (!('open' in format)) throw new Error(`${format.name} must be loaded first`);
  return openAs(format.open, [source], files, options);
}
