// Loaded into the inspector when slab caches are compared (node --import). Saves the kernel's own list of
// caches when the inspector has just started and when it is about to exit, because its process has objects in
// many caches only in between.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const list = '/proc/slabinfo';
// SLUB_TINY has none.
const read = () => (existsSync(list) ? readFileSync(list) : '');
const start = read();

process.on('exit', () => {
  const exit = read();
  writeFileSync('/tmp/slabinfo.start', start);
  writeFileSync('/tmp/slabinfo.exit', exit);
});
