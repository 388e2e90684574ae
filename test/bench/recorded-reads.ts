import { FileSource } from '../../src/bytes/file-source.ts';
import { openSources } from '../../src/formats/open.ts';
import { openKernel } from '../../src/kernel/kernel.ts';
import { searchVmcoreinfo } from '../../src/kernel/vmcoreinfo-search.ts';
import { takeCensus } from '../../src/pages/census.ts';

/** A file that notes what is read of it. */
class RecordedFile extends FileSource {
  /** "POSITION BYTES" of each read, in their order. */
  readonly reads: string[] = [];

  override read(position: number | bigint, into: Uint8Array): number {
    this.reads.push(`${position} ${into.length}`);
    return super.read(position, into);
  }
}

/** The reads that `pages` makes of a dump with one thread, as read-loop.c takes them. */
export async function recordedReads(path: string): Promise<string> {
  const file = new RecordedFile(path);
  const image = await openSources([file]);
  try {
    takeCensus(openKernel(image, { vmcoreinfo: image.vmcoreinfo ?? searchVmcoreinfo(image) }));
    return file.reads.join('\n');
  } finally {
    image.close();
  }
}
