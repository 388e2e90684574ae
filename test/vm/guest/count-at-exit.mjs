// Loaded into the inspector by the live comparison (node --import): when the inspector is about to leave, its own memory is still in
// use, so what makedumpfile and the kernel count now is the machine that the inspector saw; a second later it would be without it.
import { execSync } from 'node:child_process';

process.on('exit', () => {
  execSync('makedumpfile --mem-usage /proc/kcore >/tmp/makedumpfile; cat /proc/zoneinfo >/tmp/zoneinfo');
});
