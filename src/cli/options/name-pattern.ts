const ANY = '*';
const ONE = '?';

/**
 * Whether a name matches a pattern: * matches any number of characters, also none, and ? matches one. A *
 * first matches as little as possible, and only the last * is ever extended, because what comes before it
 * already fits. A regular expression would backtrack to every *, which takes 2^n steps for n of them.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  // Where to continue if the rest does not fit: after the last *, which then matches one more character.
  let again = -1;
  let taken = 0;
  while (n < name.length) {
    if (pattern[p] === ANY) {
      again = ++p;
      taken = n;
    } else if (pattern[p] === ONE || pattern[p] === name[n]) {
      p++;
      n++;
    } else if (again >= 0) {
      p = again;
      n = ++taken;
    } else return false;
  }
  while (pattern[p] === ANY) p++;
  return p === pattern.length;
}
