import { writeSync } from 'node:fs';
import { interruptible } from '../../src/cli/session/interruptible.ts';

/** Works until Ctrl-C ends it, and lets nothing that is thrown meanwhile pass. */
interruptible(
  () => {
    writeSync(1, 'begun\n');
    for (;;) {
      try {
        JSON.stringify([1]);
      } catch {
        writeSync(1, 'caught\n');
      }
    }
  },
  () => writeSync(1, 'last\n'),
);
writeSync(1, 'went on\n');
