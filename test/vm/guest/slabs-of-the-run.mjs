// Loaded into the inspector when slab caches are compared (node --import). Saves the kernel's own list of
// caches when the inspector has just started and when it is about to exit, because its process has objects in
// many caches only in between.
import { readFileSync, writeFileSync } from 'node:fs';

const start = readFileSync('/proc/slabinfo');

process.on('exit', () => {
  const exit = readFileSync('/proc/slabinfo');
  writeFileSync('/tmp/slabinfo.start', start);
  writeFileSync('/tmp/slabinfo.exit', exit);
});
