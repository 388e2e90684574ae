import { InvalidArgumentError } from 'commander';
import { LEVELS } from '../../report/log-names.ts';

const RANGE = /^(\+?)([a-z]+|\d)(\+?)$/;

/**
 * The levels that a list names, as `dmesg --level` of util-linux takes it: names or numbers, with a + behind one that and
 * all more important ones, with a + before it that and all less important ones.
 * @throws InvalidArgumentError, which ends with status 2
 */
export function parseLevels(text: string): ReadonlySet<number> {
  const levels = new Set<number>();
  for (const item of text.split(',')) {
    const [, below = '', name = '', above = ''] = RANGE.exec(item) ?? [];
    const level = levelOf(name);
    if (level < 0 || (below !== '' && above !== '')) {
      throw new InvalidArgumentError(
        `A list of ${LEVELS.join(', ')} or 0 to 7 is needed, each with a + behind it for the more important ones too.`,
      );
    }
    const [from, to] = [above === '' ? level : 0, below === '' ? level : LEVELS.length - 1];
    for (let i = from; i <= to; i++) levels.add(i);
  }
  return levels;
}

/** Names that util-linux or syslog(3) take besides. */
const OTHER_NAMES: Readonly<Record<string, string>> = { panic: 'emerg', error: 'err', warning: 'warn' };

function levelOf(name: string): number {
  const known: readonly string[] = LEVELS;
  return /^[0-7]$/.test(name) ? Number(name) : known.indexOf(OTHER_NAMES[name] ?? name);
}

/** Seconds since boot, with up to nine digits behind the point, as nanoseconds. @throws InvalidArgumentError */
export function parseSeconds(text: string): bigint {
  const [, whole, fraction = ''] = /^(\d{1,10})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (whole === undefined)
    throw new InvalidArgumentError('Seconds since boot are needed, such as 12 or 12.345678.');
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** More things than this are counted, and then gone through again, instead of being held. */
const HELD = 4096;

/** The last `count` of some things that can be gone through twice, in their order. */
export function* lastOf<T>(count: number, all: Iterable<T>, again: Iterable<T> = all): Generator<T> {
  if (count <= HELD) {
    yield* heldOf(count, all);
    return;
  }
  let skipped = -count;
  for (const _ of all) skipped++;
  for (const one of again) if (skipped-- <= 0) yield one;
}

/** Not more of them are held than twice as many. */
function heldOf<T>(count: number, all: Iterable<T>): T[] {
  let held: T[] = [];
  for (const one of all) {
    held.push(one);
    if (held.length >= 2 * count) held = held.slice(-count);
  }
  return held.slice(-count);
}
