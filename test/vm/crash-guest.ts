import path from 'node:path';
import { cache, kernelFile } from './cache.ts';
import { furnishCgroups } from './cgroup-guest.ts';
import { type GuestPlan, guestFile } from './guest-image.ts';
import { kexecSystemCallOf } from './kernel-release.ts';
import { balloonPages, type Kernel, poisonedPages } from './kernels.ts';
import { lateTimer } from './machine.ts';
import { makedumpfileOf } from './makedumpfile.ts';
import { install, installScript, installTool } from './programs.ts';
import { lockdownQuestions, questions } from './questions.ts';

/** The guest that is compared with makedumpfile and its own kernel, first live and then crashed. */
export const crashPlan = (kernel: Kernel): GuestPlan => ({
  init: 'init.sh',
  settings: {
    BALLOON_PAGES: balloonPages,
    POISONED_PAGES: poisonedPages,
    KEXEC_SYSTEM_CALL: kexecSystemCallOf(kernel),
    LATE_TIMER: lateTimer,
  },
  questions: { questions, 'questions.lockdown': lockdownQuestions },
  modules: ['virtio_balloon'],
  programs: ['/usr/bin/setpriv'],
  furnish(tree, initrd) {
    install(tree, kernelFile(kernel.capturedBy ?? kernel.name, 'vmlinuz'), '/boot/vmlinuz');
    install(tree, initrd, '/boot/initrd');
    install(tree, path.join(cache, 'workload'), '/bin/workload');
    installTool(tree, makedumpfileOf(kernel), '/bin/makedumpfile');
    installTool(tree, 'usr/sbin/kexec', '/bin/kexec');
    furnishCgroups(tree);
    for (const script of ['count-at-exit.mjs', 'slabs-of-the-run.mjs', 'read-kmsg.mjs']) {
      installScript(tree, `/app/${script}`, guestFile(script));
    }
  },
});
