import { afterAll, beforeAll, describe } from 'vitest';
import { makeWorkFolder, removeWorkFolder } from './cache.ts';
import { testVmcore } from './crashed-kernel.ts';
import { testCrashedTasks } from './crashed-tasks.ts';
import { buildGuestImage } from './guest-image.ts';
import { kernels } from './kernels.ts';
import { testLiveKernel } from './live-kernel.ts';
import { testLiveTasks } from './live-tasks.ts';
import { bootAndCrash, type CrashedGuest } from './machine.ts';

describe.each(kernels)('the kernel of $suite', (kernel) => {
  let folder = '';
  let crashed: CrashedGuest | undefined;
  const guest = (): CrashedGuest => {
    if (crashed === undefined) throw new Error(`the guest of ${kernel.suite} left nothing`);
    return crashed;
  };

  beforeAll(async () => {
    folder = makeWorkFolder(kernel.suite);
    crashed = await bootAndCrash(kernel, buildGuestImage(kernel, folder), folder);
  });
  afterAll(() => removeWorkFolder(folder));

  describe('live', () => testLiveKernel(kernel, () => guest().answers));
  describe('crashed', () => testVmcore(kernel, guest));
  describe('the tasks, live', () => testLiveTasks(kernel, () => guest().answers));
  describe('the tasks, crashed', () => testCrashedTasks(guest));
});
