import type { Answers } from './answers.ts';
import { cgroupQuestions } from './cgroup-questions.ts';
import { buildGuestImage, type GuestPlan, guestFile } from './guest-image.ts';
import type { Kernel } from './kernels.ts';
import { boot } from './machine.ts';
import { installScript } from './programs.ts';

/** Puts the scripts of guests with cgroups on their root disk. */
export function furnishCgroups(tree: string): void {
  for (const script of ['cgroups.sh', 'show-cgroups.sh'])
    installScript(tree, `/etc/${script}`, guestFile(script));
}

/** A guest whose memory controller is in another hierarchy, or disabled. */
const plan = (hierarchy: string): GuestPlan => ({
  init: 'cgroup-init.sh',
  settings: { HIERARCHY: hierarchy },
  questions: { questions: cgroupQuestions },
  modules: [],
  programs: [],
  furnish: furnishCgroups,
});

/** Boots the kernel with cgroups of v1 (`hierarchy`), or without them, and returns its answers. */
export function bootWithCgroups(
  kernel: Kernel,
  folder: string,
  hierarchy: string,
  parameters: string,
): Promise<Answers<keyof typeof cgroupQuestions>> {
  const image = buildGuestImage(kernel, plan(hierarchy), folder);
  return boot(kernel, image, folder, {
    ...{ memory: '512', parameters, options: [], disks: [], attend: () => {} },
  });
}
