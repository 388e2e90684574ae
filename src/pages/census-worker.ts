import { parentPort, workerData } from 'node:worker_threads';
import { openImage } from '../formats/open.ts';
import { kernelFrom } from '../kernel/kernel-facts.ts';
import { Scan } from './scan.ts';
import { SharedWork } from './shared-work.ts';
import { plainError, type ThreadAnswer, type ThreadTask } from './thread-task.ts';

/** The program of a thread that takes part in a census. */
async function answer({
  dump,
  facts,
  zones,
  spans,
  work: buffer,
  thread,
}: ThreadTask): Promise<ThreadAnswer> {
  const work = SharedWork.of(buffer);
  try {
    const image = await openImage(dump.files, dump.options);
    try {
      const scan = new Scan(kernelFrom(image, facts), zones);
      work.join(thread);
      for (const index of work.indexes(spans.length)) {
        scan.span(spans[index] as number, (pages) => work.done(pages));
      }
      return { tally: scan.tally, statistics: { ...image.statistics } };
    } finally {
      image.close();
    }
  } catch (error) {
    work.stop();
    return { failure: plainError(error) };
  }
}

answer(workerData as ThreadTask).then((found) => parentPort?.postMessage(found));
