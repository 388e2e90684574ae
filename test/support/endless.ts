import { writeSync } from 'node:fs';
import { interruptible } from '../../src/cli/session/interruptible.ts';

/** Works until Ctrl-C ends it, and would show if anything that is thrown meanwhile were ignored. */
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
