import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answers } from './answers.ts';
import { makeWorkFolder, removeWorkFolder } from './cache.ts';
import { bootWithCgroups } from './cgroup-guest.ts';
import type { cgroupQuestions } from './cgroup-questions.ts';
import { testLiveCgroups } from './cgroups.ts';
import type { Kernel } from './kernels.ts';
import { readReport } from './reports.ts';

/** A guest of its own, whose memory controller is in the hierarchy of v1, or disabled. */
export function testOtherCgroups(kernel: Kernel): void {
  const { otherCgroups } = kernel;
  if (otherCgroups === undefined) return;
  describe(`the cgroups of a guest with the memory controller ${otherCgroups}`, () => {
    let folder = '';
    let booted: Answers<keyof typeof cgroupQuestions> | undefined;
    const answers = () => {
      if (booted === undefined) throw new Error('the guest left nothing');
      return booted;
    };

    beforeAll(async () => {
      folder = makeWorkFolder(`${kernel.name}-cgroups`);
      const parameters = otherCgroups === 'disabled' ? 'cgroup_disable=memory' : '';
      booted = await bootWithCgroups(kernel, folder, otherCgroups, parameters);
    });
    afterAll(() => removeWorkFolder(folder));

    if (otherCgroups === 'v1') testLiveCgroups(kernel, 'v1', answers);
    else testDisabled(answers);
  });
}

function testDisabled(answers: () => Answers<keyof typeof cgroupQuestions>): void {
  it('says that no memory is charged to cgroups', () => {
    const { cgroups, complete } = readReport('usage', answers().text('cgroupUsage'));
    expect(complete).toBe(true);
    expect(cgroups).toMatchObject({ controller: 'disabled', count: 0, countExact: true, largest: [] });
  });
}
