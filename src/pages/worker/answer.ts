import { openImage } from '../../formats/open.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { kernelFrom } from '../../kernel/open/kernel-facts.ts';
import { type UseQuestion, UseScan } from '../attribution/use-scan.ts';
import type { UseTally } from '../attribution/use-tally.ts';
import { type ClassQuestion, ClassScan } from '../classify/class-scan.ts';
import type { ClassTally } from '../classify/class-tally.ts';
import { SharedWork } from '../threads/shared-work.ts';
import { plainError, type ThreadAnswer, type ThreadTask } from '../threads/thread-task.ts';
import type { Scan } from '../walk/scan.ts';

/** What may be asked of pages. */
export type Question = ClassQuestion | UseQuestion;

function scanFor(kernel: Kernel, question: Question): Scan<ClassTally | UseTally> {
  return question.kind === 'classes'
    ? new ClassScan(kernel, question.zones)
    : new UseScan(kernel, question.keys, question.except, question.cgroups ?? null);
}

/**
 * What a thread does in a walk: it opens the dump itself, and scans the spans that it gets. Errors are in the
 * answer.
 */
export async function answerTo(task: ThreadTask<Question>): Promise<ThreadAnswer<ClassTally | UseTally>> {
  const { dump, facts, question, spans, thread } = task;
  const work = SharedWork.of(task.work);
  try {
    const image = await openImage(dump.files, dump.options);
    try {
      const scan = scanFor(kernelFrom(image, facts), question);
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
