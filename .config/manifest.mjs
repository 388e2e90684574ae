// Keeps the scripts and the packages for developers out of the package.json that is packed: npm would count
// `prepare` among the scripts of an installed package, although it never runs it. npm packs the file as it is
// on disk, so it is another one in the meantime: `packed` before, `whole` after.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const WHOLE = 'node_modules/.whole-package.json';

/** Also after a run that was interrupted. */
function restore() {
  if (existsSync(WHOLE)) renameSync(WHOLE, 'package.json');
}

restore();
if (process.argv[2] === 'packed') {
  const whole = readFileSync('package.json', 'utf8');
  const { scripts, devDependencies, ...packed } = JSON.parse(whole);
  writeFileSync(WHOLE, whole);
  writeFileSync('package.json', `${JSON.stringify(packed, null, 2)}\n`);
}
