import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, test } from 'vitest';
import { fixtureNames } from '../../../fixtures/expand.ts';
import { InspectError } from '../../../src/errors.ts';
import { openImage } from '../../../src/formats/open.ts';
import { searchVmcoreinfo } from '../../../src/kernel/identity/vmcoreinfo-search.ts';
import { type Kernel, openKernel } from '../../../src/kernel/open/kernel.ts';
import { kernelFacts } from '../../../src/kernel/open/kernel-facts.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { useKeys } from '../../../src/pages/attribution/choose-keys.ts';
import { type OwnerCounts, OwnerTable } from '../../../src/pages/attribution/owner-table.ts';
import { UseScan } from '../../../src/pages/attribution/use-scan.ts';
import { addUseTallies, type UseTally } from '../../../src/pages/attribution/use-tally.ts';
import { takeCensus } from '../../../src/pages/census/census.ts';
import { ClassScan } from '../../../src/pages/classify/class-scan.ts';
import { addClassTallies, type ClassTally } from '../../../src/pages/classify/class-tally.ts';
import { SharedWork } from '../../../src/pages/threads/shared-work.ts';
import type { ThreadTask } from '../../../src/pages/threads/thread-task.ts';
import { threadsThatFit } from '../../../src/pages/threads/worker-pool.ts';
import { Workers } from '../../../src/pages/threads/workers.ts';
import type { Scan } from '../../../src/pages/walk/scan.ts';
import { SPAN_PAGES, spansOf } from '../../../src/pages/walk/spans.ts';
import { answerTo, type Question } from '../../../src/pages/worker/answer.ts';
import { readZones } from '../../../src/pages/zones/zones.ts';
import { censusOf } from '../../builders/census.ts';
import { BuiltKernel, pfns } from '../../builders/kernel.ts';
import { writeKernel } from '../../builders/kernel-file.ts';
import { kernelWithZones } from '../../builders/kernel-zones.ts';
import { ANON_MAPPING, buddy, compound } from '../../builders/struct-page.ts';
import { dumpOf, TYPED } from '../../support/fixture.ts';

const folder = mkdtempSync(`${tmpdir()}/kdump-inspect-threads-`);
afterAll(() => rmSync(folder, { recursive: true }));

/** Memory on both sides of where spans meet, with blocks that end and begin there. */
function written(): string {
  const path = `${folder}/built.elf`;
  const ends = [1, 2, 3, 4, 5].map((span) => span * SPAN_PAGES);
  const built = kernelWithZones(
    {
      ram: ends.map((end) => pfns(end - 1024, 2048)),
      pages: ends.flatMap((end) => [
        ...buddy(end - 1024, 9),
        ...compound(end - 512, 9, { mapping: ANON_MAPPING }),
        ...compound(end, 5, { flags: ['lru'] }),
        ...buddy(end + 512, 4),
      ]),
    },
    { nodes: [[{ name: 'Normal', start: 0, spanned: 6 * SPAN_PAGES }]] },
  );
  for (const end of ends) built.memory.write((end + 700) * 4096 + 77, Uint8Array.of(1));
  writeKernel(built, path);
  return path;
}

/** What may be asked of the pages of a dump, and how the answers of threads add up. */
interface Asked<T> {
  readonly question: (kernel: Kernel) => Question;
  readonly scan: (kernel: Kernel) => Scan<T>;
  readonly add: (a: T, b: T) => T;
}

const CLASSES: Asked<ClassTally> = {
  question: (kernel) => ({ kind: 'classes', zones: readZones(kernel) }),
  scan: (kernel) => new ClassScan(kernel, readZones(kernel)),
  add: addClassTallies,
};

/** Some pfns are excepted, as those of KFENCE's pool are. */
const EXCEPT = { start: 5000, end: 5100 };
const keysIn = (kernel: Kernel) => useKeys(new TypedKernel(kernel));
const USES: Asked<UseTally> = {
  question: (kernel) => ({ kind: 'uses', keys: keysIn(kernel), except: EXCEPT }),
  scan: (kernel) => new UseScan(kernel, keysIn(kernel), EXCEPT),
  add: addUseTallies,
};

async function inKernel<T>(path: string, use: (kernel: Kernel) => Promise<T> | T): Promise<T> {
  const image = await openImage([path]);
  try {
    return await use(openKernel(image, { vmcoreinfo: image.vmcoreinfo ?? searchVmcoreinfo(image) }));
  } finally {
    image.close();
  }
}

function taskFor(
  path: string,
  { question } = CLASSES as Asked<unknown>,
): Promise<Omit<ThreadTask<Question>, 'thread'>> {
  return inKernel(path, (kernel) => ({
    dump: { files: [path], options: {} },
    facts: kernelFacts(kernel),
    question: question(kernel),
    spans: spansOf(kernel.image.memory).numbers,
    work: SharedWork.forThreads(8).buffer,
  }));
}

async function byThreads<T>(path: string, count: number, asked: Asked<T>): Promise<T | undefined> {
  const threads = new Workers<T>(count, await taskFor(path, asked as Asked<unknown>));
  try {
    const tallies = (await threads.all()).map((share) => share.tally);
    return tallies.slice(1).reduce(asked.add, tallies[0] as T);
  } finally {
    await threads.end();
  }
}

/** What one scan finds, and one that found nothing: what is added up is in the order of names. */
function alone<T>(path: string, asked: Asked<T>): Promise<T> {
  return inKernel(path, (kernel) => {
    const scan = asked.scan(kernel);
    for (const span of spansOf(kernel.image.memory).numbers) scan.span(span, () => {});
    return scan.tally;
  });
}

/** Figures by owner, in the order of their addresses: their slots in a table depend on which came first. */
function comparable(tally: UseTally | undefined) {
  if (!tally) return undefined;
  const owners = (counts: OwnerCounts) => {
    const table = OwnerTable.of(counts);
    const all = table.largest(table.size);
    return all.sort((a, b) => (a.address < b.address ? -1 : 1));
  };
  const { slabs, slabObjects, mappings, hugetlb, failures, ...rest } = tally;
  const objects = Object.entries(slabObjects).map(([name, counts]) => [name, owners(counts)]);
  const tables = { slabs: owners(slabs), mappings: owners(mappings), hugetlb: owners(hugetlb) };
  return { ...rest, ...tables, objects, failures: new Map([...failures].sort()) };
}

describe('threads that do all of the work', () => {
  const path = written();

  test.each([1, 2, 3, 8])('%i of them find what one scan finds', async (count) => {
    expect(await byThreads(path, count, CLASSES)).toEqual(await alone(path, CLASSES));
  });

  test.each(fixtureNames())('find the same in %s', async (name) => {
    expect(await byThreads(dumpOf(name), 2, CLASSES)).toEqual(await alone(dumpOf(name), CLASSES));
  });

  test.each(TYPED)('find the same uses and owners in %s', async (name) => {
    const found = comparable(await byThreads(dumpOf(name), 3, USES));
    expect(found).toEqual(comparable(await alone(dumpOf(name), USES)));
    expect(found?.slabs.length).toBeGreaterThan(20);
  });

  test('say what they have read', async () => {
    const threads = new Workers<ClassTally>(2, await taskFor(path));
    const shares = await threads.all();
    await threads.end();
    expect(shares.map(({ statistics }) => statistics.bytes > 0)).toEqual([true, true]);
  });
});

describe('the work of a thread', () => {
  test('is the scan of all spans, when no other takes any', async () => {
    const path = written();
    const task = await taskFor(path);
    const answer = await answerTo({ ...task, thread: 3 });
    if ('failure' in answer) throw new Error(answer.failure.message);
    expect(answer.tally).toEqual(await alone(path, CLASSES));
    expect(answer.statistics.bytes).toBeGreaterThan(0);
    const work = SharedWork.of(task.work);
    expect([2, 3].map((thread) => work.hasJoined(thread))).toEqual([false, true]);
    expect(work.stopped).toBe(false);
  });

  test('ends with an error in plain data, and so does that of the others', async () => {
    const files = [`${folder}/gone`];
    const task = { ...(await taskFor(written())), dump: { files, options: {} } };
    expect(await answerTo({ ...task, thread: 0 })).toMatchObject({
      failure: { kind: 'io', message: `${files}: no such file`, facts: { errno: 'ENOENT' } },
    });
    expect(SharedWork.of(task.work).stopped).toBe(true);
  });
});

describe('a thread that comes when all spans are taken', () => {
  test('is not waited for', async () => {
    const task = await taskFor(written());
    const work = SharedWork.of(task.work);
    const taken = [...work.indexes(task.spans.length)];
    const threads = new Workers<ClassTally>(2, task);
    expect(taken).toHaveLength(task.spans.length);
    expect(await threads.joined()).toEqual([]);
    await threads.end();
  });
});

describe('a thread that fails', () => {
  const failureOf = async (task: Omit<ThreadTask<Question>, 'thread'>): Promise<unknown> => {
    const threads = new Workers<ClassTally>(2, task);
    try {
      await threads.all();
    } catch (error) {
      return error;
    } finally {
      await threads.end();
    }
    return undefined;
  };

  test('fails with the error that it met, kind and facts and all, and lets the others end', async () => {
    const task = { ...(await taskFor(written())), dump: { files: [`${folder}/gone`], options: {} } };
    const error = await failureOf(task);
    expect(error).toBeInstanceOf(InspectError);
    expect(error).toMatchObject({
      kind: 'io',
      message: `${folder}/gone: no such file`,
      facts: { path: `${folder}/gone`, errno: 'ENOENT' },
    });
    expect(SharedWork.of(task.work).stopped).toBe(true);
  });

  test('fails with its own words if the error is not an InspectError', async () => {
    const task = { ...(await taskFor(written())), spans: null as unknown as Int32Array };
    const error = await failureOf(task);
    expect(error).not.toBeInstanceOf(InspectError);
    expect(error).toMatchObject({ stack: expect.stringContaining('TypeError') });
  });
});

describe('a census of a dump that is not worth a thread', () => {
  test('is that of one thread, however many it may use', async () => {
    const path = written();
    const image = await openImage([path]);
    const kernel = openKernel(image, { vmcoreinfo: image.vmcoreinfo ?? searchVmcoreinfo(image) });
    const read: unknown[] = [];
    const told: number[] = [];
    const census = await takeCensus(kernel, {
      dump: { files: [path], options: {} },
      jobs: 8,
      onProgress: (done) => told.push(done),
      onRead: (statistics) => read.push(statistics),
    });
    expect(census).toEqual(censusOf(kernel));
    expect(told.at(-1)).toBe(census.total);
    expect(read).toEqual([]);
    image.close();
  });
});

describe('a dump whose index takes much memory', () => {
  test('is opened by as many threads as there is memory for', async () => {
    const image = await openImage([written()]);
    expect(threadsThatFit(image)).toBeGreaterThan(8);
    expect(threadsThatFit({ ...image, indexBytes: 100 * 2 ** 20 })).toBe(0);
    expect(threadsThatFit({ ...image, indexBytes: 20 * 2 ** 20 })).toBe(3);
    image.close();
  });
});

describe('the facts about a kernel', () => {
  test('are plain data, and make the same kernel of the dump opened anew', () => {
    const built = new BuiltKernel({ levels: 5, smeMask: 1n << 47n, kernelOffset: 0x1e00_0000n });
    const kernel = built.open();
    const facts = structuredClone(kernelFacts(kernel));
    expect(facts).toEqual(kernelFacts(kernel));
    expect(facts).toMatchObject({ pagingLevels: 5, encryptionMask: 1n << 47n });
  });
});
