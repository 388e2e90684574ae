import { FileSource } from '../../src/bytes/file-source.ts';
import { openSources } from '../../src/formats/open.ts';
import { searchVmcoreinfo } from '../../src/kernel/identity/vmcoreinfo-search.ts';
import { openKernel } from '../../src/kernel/open/kernel.ts';
import { takeCensus } from '../../src/pages/census/census.ts';
import { ALONE } from '../builders/census.ts';

/** A file that records what is read from it. */
class RecordedFile extends FileSource {
  /** "POSITION BYTES" of each read, in order. */
  readonly reads: string[] = [];

  override read(position: number | bigint, into: Uint8Array): number {
    this.reads.push(`${position} ${into.length}`);
    return super.read(position, into);
  }
}

/** Does what `pages` does with a dump, from opening it to the counts, on one thread. */
async function census(file: FileSource): Promise<void> {
  const image = await openSources([file]);
  try {
    const kernel = openKernel(image, { vmcoreinfo: image.vmcoreinfo ?? searchVmcoreinfo(image) });
    await takeCensus(kernel, ALONE);
  } finally {
    image.close();
  }
}

/** The reads that `pages` makes of a dump on one thread, in the format of read-loop.c. */
export async function recordedReads(path: string): Promise<string> {
  const file = new RecordedFile(path);
  await census(file);
  return file.reads.join('\n');
}

/** The least milliseconds of several censuses in a row: the time of one whose code is already compiled. */
export async function leastCensus(path: string, runs: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await census(new FileSource(path));
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
