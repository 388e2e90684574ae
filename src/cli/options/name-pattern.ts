const ANY = '*';
const ONE = '?';

/**
 * Whether a name is what a pattern describes: * stands for any characters, none too, and ? for one. Of all that a * could
 * stand for the least is tried first, and no more than the last * is ever tried again: what went before it fits as well as it
 * can. A regular expression tries all of them again, which takes 2^n steps for n of them.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  // Where to go on from when what follows the last * does not fit: behind it, and with one more character for it.
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
