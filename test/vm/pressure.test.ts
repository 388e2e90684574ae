import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violations } from '../support/schema.ts';
import type { Answer, Answers } from './answers.ts';
import { makeBadDisk } from './bad-disk.ts';
import { type BadSectorAnswer, badParts, badSectorQuestions, testBadSectors } from './bad-sectors.ts';
import { makeWorkFolder, removeWorkFolder } from './cache.ts';
import { buildGuestImage } from './guest-image.ts';
import { kernelOf } from './kernels.ts';
import { boot } from './machine.ts';
import { moduleMiB, plugAndPull } from './memory-module.ts';
import { pressurePlan, pressureQuestions, runs } from './pressure-guest.ts';
import { pagesOf, readReport, sumOfFigures } from './reports.ts';

/** It has hot-removable memory and CONFIG_MEMORY_FAILURE. */
const kernel = kernelOf('trixie');
const pagesPerMiB = 256;

type PressureAnswers = Answers<BadSectorAnswer | keyof typeof pressureQuestions>;

describe('a guest whose memory keeps changing', () => {
  let folder = '';
  let given: PressureAnswers | undefined;
  const answers = (): PressureAnswers => {
    if (given === undefined) throw new Error('the guest left nothing');
    return given;
  };

  beforeAll(async () => {
    folder = makeWorkFolder('pressure');
    const disk = makeBadDisk(folder, badParts());
    const plan = pressurePlan({ faultQuestions: badSectorQuestions, badDisk: disk.table });
    given = await boot(kernel, buildGuestImage(kernel, plan, folder), folder, {
      memory: '512,slots=2,maxmem=2G',
      // Memory that the kernel itself does not use, so that it can be removed: half of it, and all of the
      // module.
      parameters: 'movablecore=256M memhp_default_state=online_movable',
      options: [],
      disks: [disk.file],
      attend: plugAndPull,
    });
  });
  afterAll(() => removeWorkFolder(folder));

  describe('a disk with bad sectors', () => testBadSectors(answers));
  describe('its live memory, under pressure', () => testPressure(answers));
});

const namesOf = (command: string): string[] =>
  Object.keys(pressureQuestions).filter((name) => name.startsWith(`${command}.`));

function testPressure(answers: () => PressureAnswers): void {
  it.each(['pages', 'usage', 'ps', 'info', 'dmesg', 'layout', 'segments', 'symbols', 'page'])(
    'answers %s every time, with a valid document and a sentence on what is missing',
    (command) => {
      for (const name of namesOf(command))
        expect(faultsOf(command, answers().answer(name)), name).toEqual([]);
    },
  );

  it(`counts each page once, ${runs} times in a row`, () => {
    const reports = namesOf('pages').map((name) => readReport('pages', outputOf(answers(), name)));
    expect(reports).toHaveLength(runs);
    for (const report of reports) expect(sumOfFigures(report)).toBe(report.total.pages);
  });

  it('sees pages being taken out of use, as blocks of memory were', () => {
    const poisoned = namesOf('pages').map(
      (name) => pagesOf(readReport('pages', outputOf(answers(), name))).hwpoison,
    );
    expect(poisoned.at(-1)).toBeGreaterThan(poisoned[0] ?? Number.NaN);
    expect(Number(answers().text('offlined'))).toBeGreaterThan(0);
  });

  it('has the same total every time, except for the memory module', () => {
    const totals = namesOf('pages').map((name) => readReport('pages', outputOf(answers(), name)).total.pages);
    const least = Math.min(...totals.map(Number));
    expect([0, moduleMiB * pagesPerMiB]).toEqual(
      expect.arrayContaining(totals.map((total) => Number(total) - least)),
    );
  });
}

const outputOf = (answers: PressureAnswers, name: string): string => answers.answer(name).stdout.toString();

/** What is wrong with the way a command ended, whatever it found. */
function faultsOf(command: string, { status, stdout, stderr }: Answer): string[] {
  const isLines = command === 'dmesg';
  const documents = isLines ? stdout.toString().trimEnd().split('\n') : [stdout.toString()];
  return [
    ...(status === 0 || status === 3 ? [] : [`status ${status}: ${stderr}`]),
    ...(/internal error|^ +at /m.test(stderr) ? [stderr] : []),
    ...documents.flatMap((text) => violations(command, JSON.parse(text))),
  ];
}
