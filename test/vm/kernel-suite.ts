import { afterAll, beforeAll, describe } from 'vitest';
import { makeWorkFolder, removeWorkFolder } from './cache.ts';
import { testCrashedCgroups, testLiveCgroups, testNoCgroups } from './cgroups.ts';
import { crashPlan } from './crash-guest.ts';
import { testVmcore } from './crashed-kernel.ts';
import { testCrashedTasks } from './crashed-tasks.ts';
import { testFunctionsOnly } from './functions-only.ts';
import { buildGuestImage } from './guest-image.ts';
import { has, hasVariables, type Kernel } from './kernels.ts';
import { testLiveKernel } from './live-kernel.ts';
import { testLiveTasks } from './live-tasks.ts';
import { bootAndCrash, type CrashedGuest } from './machine.ts';
import { testOtherCgroups } from './other-cgroups.ts';
import { testWithoutTypes } from './without-types.ts';

/** Everything that is compared with one kernel, live and crashed. */
export function testKernel(kernel: Kernel): void {
  describe(`the kernel ${kernel.name}`, () => {
    let folder = '';
    let crashed: CrashedGuest | undefined;
    const guest = (): CrashedGuest => {
      if (crashed === undefined) throw new Error(`the guest of ${kernel.name} left nothing`);
      return crashed;
    };

    beforeAll(async () => {
      folder = makeWorkFolder(kernel.name);
      crashed = await bootAndCrash(kernel, buildGuestImage(kernel, crashPlan(kernel), folder), folder);
    });
    afterAll(() => removeWorkFolder(folder));

    describe('live', () => testLiveKernel(kernel, () => guest().answers));
    describe('crashed', () => testVmcore(kernel, guest));
    if (hasVariables(kernel)) {
      describe('the tasks, live', () => testLiveTasks(kernel, () => guest().answers));
      describe('the tasks, crashed', () => testCrashedTasks(guest));
    }
    if (has(kernel, 'cgroups')) {
      describe('the cgroups, live', () => testLiveCgroups(kernel, 'v2', () => guest().answers));
      describe('the cgroups, crashed', () => testCrashedCgroups(kernel, guest));
      testOtherCgroups(kernel);
    } else if (hasVariables(kernel)) {
      describe('the cgroups, crashed', () => testNoCgroups(guest));
    }
    if (!has(kernel, 'types')) describe('what remains without types', () => testWithoutTypes(kernel, guest));
    if (!has(kernel, 'dataSymbols'))
      describe('what remains of symbols without variables', () => testFunctionsOnly(kernel, guest));
  });
}
