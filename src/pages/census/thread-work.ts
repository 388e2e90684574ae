import { openImage } from '../../formats/open.ts';
import { kernelFrom } from '../../kernel/open/kernel-facts.ts';
import { Scan } from './scan.ts';
import { SharedWork } from './shared-work.ts';
import { plainError, type ThreadAnswer, type ThreadTask } from './thread-task.ts';

/** What a thread does in a census: it opens the dump itself, and scans the spans that it gets. Errors are in the answer. */
export async function answerTo({
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
