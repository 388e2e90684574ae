import type { ByteSource } from '../../bytes/source.ts';
import type { OnProgress, Run } from '../../bytes/work.ts';
import type { MemoryImage } from './image.ts';

/** How a user may help where the content of a file does not tell. */
export interface OpenOptions {
  /** The file is memory as it is, from physical address 0 on. */
  readonly format?: 'raw';
  /** Told while the file's own tables are read, where that takes long; `done` is `total` when they are. */
  readonly onReading?: OnProgress;
  /** Runs work that may take long and keeps the event loop waiting. */
  readonly run?: Run;
}

/**
 * Opens files that were found to be of a format: one, or all parts of a split dump. Trouble is thrown: nothing goes on to
 * try another format.
 * @throws InspectError unsupported or corrupt; usage, when the files are not parts of one dump
 */
export type Open = (files: DumpFiles, options: OpenOptions) => MemoryImage;

/** The files of a dump: one, or those of a split dump. */
export type DumpFiles = readonly [ByteSource, ...ByteSource[]];

interface Recognised {
  /** For messages to developers; what users see is the image's `format`. */
  readonly name: string;
  /** Whether a file that begins with these bytes, up to 16, is of this format. Looks at nothing else. */
  readonly probe: (head: Uint8Array) => boolean;
  /** Whether a dump of this format may be split into several files. */
  readonly mayBeSplit?: boolean;
}

/** A kind of dump: how it is recognised, and how it is opened. `load` is for code that few dumps need. */
export type DumpFormat = Recognised & ({ readonly open: Open } | { readonly load: () => Promise<Open> });
