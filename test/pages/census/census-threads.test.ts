import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, test } from 'vitest';
import { fixtureNames } from '../../../fixtures/expand.ts';
import { InspectError } from '../../../src/errors.ts';
import { openImage } from '../../../src/formats/open.ts';
import { searchVmcoreinfo } from '../../../src/kernel/identity/vmcoreinfo-search.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { kernelFacts } from '../../../src/kernel/open/kernel-facts.ts';
import { takeCensus } from '../../../src/pages/census/census.ts';
import { CensusThreads } from '../../../src/pages/census/census-threads.ts';
import { takeParallelCensus, threadsWithRoom } from '../../../src/pages/census/parallel-census.ts';
import { partition, SPAN_PAGES } from '../../../src/pages/census/partition.ts';
import { Scan } from '../../../src/pages/census/scan.ts';
import { SharedWork } from '../../../src/pages/census/shared-work.ts';
import { addTallies, type Tally } from '../../../src/pages/census/tally.ts';
import type { ThreadTask } from '../../../src/pages/census/thread-task.ts';
import { answerTo } from '../../../src/pages/census/thread-work.ts';
import { readZones } from '../../../src/pages/zones/zones.ts';
import { BuiltKernel, pfns } from '../../builders/kernel.ts';
import { writeKernel } from '../../builders/kernel-file.ts';
import { kernelWithZones } from '../../builders/kernel-zones.ts';
import { ANON_MAPPING, buddy, compound } from '../../builders/struct-page.ts';
import { emptyTally } from '../../support/empty-tally.ts';
import { dumpOf } from '../../support/fixture.ts';

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

async function taskFor(path: string): Promise<Omit<ThreadTask, 'thread'>> {
  const image = await openImage([path]);
  try {
    const kernel = openKernel(image, { vmcoreinfo: image.vmcoreinfo ?? searchVmcoreinfo(image) });
    const { spans } = partition(image.memory);
    const dump = { files: [path], options: {} };
    return {
      dump,
      facts: kernelFacts(kernel),
      zones: readZones(kernel),
      spans,
      work: SharedWork.forThreads(8).buffer,
    };
  } finally {
    image.close();
  }
}

async function byThreads(path: string, count: number): Promise<Tally> {
  const threads = new CensusThreads(count, await taskFor(path));
  try {
    return (await threads.all()).map((share) => share.tally).reduce(addTallies, emptyTally());
  } finally {
    await threads.end();
  }
}

async function alone(path: string): Promise<Tally> {
  const image = await openImage([path]);
  try {
    const kernel = openKernel(image, { vmcoreinfo: image.vmcoreinfo ?? searchVmcoreinfo(image) });
    const scan = new Scan(kernel, readZones(kernel));
    for (const span of partition(image.memory).spans) scan.span(span, () => {});
    return addTallies(scan.tally, emptyTally());
  } finally {
    image.close();
  }
}

describe('threads that do all of the work', () => {
  const path = written();

  test.each([1, 2, 3, 8])('%i of them find what one scan finds', async (count) => {
    expect(await byThreads(path, count)).toEqual(await alone(path));
  });

  test.each(fixtureNames())('find the same in %s', async (name) => {
    expect(await byThreads(dumpOf(name), 2)).toEqual(await alone(dumpOf(name)));
  });

  test('say what they have read', async () => {
    const threads = new CensusThreads(2, await taskFor(path));
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
    expect(addTallies(answer.tally, emptyTally())).toEqual(await alone(path));
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
    const threads = new CensusThreads(2, task);
    expect(taken).toHaveLength(task.spans.length);
    expect(await threads.joined()).toEqual([]);
    await threads.end();
  });
});

describe('a thread that fails', () => {
  const failureOf = async (task: Omit<ThreadTask, 'thread'>): Promise<unknown> => {
    const threads = new CensusThreads(2, task);
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

  test('fails with its own words when the error is none of ours', async () => {
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
    const census = await takeParallelCensus(kernel, {
      dump: { files: [path], options: {} },
      jobs: 8,
      onProgress: (done) => told.push(done),
      onRead: (statistics) => read.push(statistics),
    });
    expect(census).toEqual(takeCensus(kernel));
    expect(told.at(-1)).toBe(census.total);
    expect(read).toEqual([]);
    image.close();
  });
});

describe('a dump whose index takes much memory', () => {
  test('is opened by as many threads as there is room for', async () => {
    const image = await openImage([written()]);
    expect(threadsWithRoom(image)).toBeGreaterThan(8);
    expect(threadsWithRoom({ ...image, indexBytes: 100 * 2 ** 20 })).toBe(0);
    expect(threadsWithRoom({ ...image, indexBytes: 20 * 2 ** 20 })).toBe(3);
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
