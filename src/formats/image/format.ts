import type { Range } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { OnProgress, Run } from '../../bytes/work.ts';
import type { MemoryImage } from './image.ts';

/** What a user can say when the content of a file does not show it. */
export interface OpenOptions {
  /** The file is plain memory, starting at physical address 0. */
  readonly format?: 'raw';
  /** Addresses of plain memory that the file has no bytes for: the RAM above follows the RAM below. */
  readonly hole?: Range;
  /** Called while the file's own tables are read, if that takes long; `done` equals `total` at the end. */
  readonly onReading?: OnProgress;
  /** Runs work that may take long and blocks the event loop. */
  readonly run?: Run;
}

/**
 * Opens files that were recognised as this format: one, or all parts of a split dump. Errors are thrown; no
 * other format is tried.
 * @throws InspectError unsupported or corrupt; usage, if the files are not parts of one dump
 */
export type Open = (files: DumpFiles, options: OpenOptions) => MemoryImage;

/** The files of a dump: one, the parts of a split dump, or a state and its memory file. */
export type DumpFiles = readonly [ByteSource, ...ByteSource[]];

interface Recognised {
  /** For messages to developers; users see the image's `format`. */
  readonly name: string;
  /** Whether a file that starts with these bytes, up to 16, has this format. It must look at nothing else. */
  readonly probe: (head: Uint8Array) => boolean;
  /** Whether a dump in this format may be split into several files. */
  readonly mayBeSplit?: boolean;
  /** Whether memory may be in a second file, which nothing in it identifies. */
  readonly memoryMayBeApart?: boolean;
}

/** A kind of dump: how it is recognised and opened. `load` is for code that few dumps need. */
export type DumpFormat = Recognised & ({ readonly open: Open } | { readonly load: () => Promise<Open> });
