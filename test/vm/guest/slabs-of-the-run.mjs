// Loaded into the inspector when slab caches are compared (node --import): the kernel's own list of them when the inspector has just
// begun and when it is about to leave, for its process has objects in many caches, which are there in between only.
import { readFileSync, writeFileSync } from 'node:fs';

const start = readFileSync('/proc/slabinfo');

process.on('exit', () => {
  const exit = readFileSync('/proc/slabinfo');
  writeFileSync('/tmp/slabinfo.start', start);
  writeFileSync('/tmp/slabinfo.exit', exit);
});
