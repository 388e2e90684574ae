import { afterAll, beforeAll, describe } from 'vitest';
import { makeWorkFolder, removeWorkFolder } from './cache.ts';
import { crashPlan } from './crash-guest.ts';
import { testVmcore } from './crashed-kernel.ts';
import { testCrashedTasks } from './crashed-tasks.ts';
import { buildGuestImage } from './guest-image.ts';
import { kernelOf } from './kernels.ts';
import { testLiveKernel } from './live-kernel.ts';
import { testLiveTasks } from './live-tasks.ts';
import { bootAndCrash, type CrashedGuest } from './machine.ts';

/**
 * Everything that is compared with one kernel, live and crashed. Each kernel has a test file, so that two
 * guests run at once.
 */
export function testKernel(suite: string): void {
  const kernel = kernelOf(suite);
  describe(`the kernel of ${suite}`, () => {
    let folder = '';
    let crashed: CrashedGuest | undefined;
    const guest = (): CrashedGuest => {
      if (crashed === undefined) throw new Error(`the guest of ${suite} left nothing`);
      return crashed;
    };

    beforeAll(async () => {
      folder = makeWorkFolder(suite);
      crashed = await bootAndCrash(kernel, buildGuestImage(kernel, crashPlan(kernel), folder), folder);
    });
    afterAll(() => removeWorkFolder(folder));

    describe('live', () => testLiveKernel(kernel, () => guest().answers));
    describe('crashed', () => testVmcore(kernel, guest));
    describe('the tasks, live', () => testLiveTasks(kernel, () => guest().answers));
    describe('the tasks, crashed', () => testCrashedTasks(guest));
  });
}
