import { InvalidArgumentError } from 'commander';
import { LEVELS } from '../../report/log-names.ts';

const RANGE = /^(\+?)([a-z]+|\d)(\+?)$/;

/**
 * The levels in a list, which is written as for `dmesg --level` of util-linux: names or numbers. "err+" means
 * err and all more important levels, "+err" means err and all less important ones.
 * @throws InvalidArgumentError, which ends with status 2
 */
export function parseLevels(text: string): ReadonlySet<number> {
  const levels = new Set<number>();
  for (const item of text.split(',')) {
    const [, below = '', name = '', above = ''] = RANGE.exec(item) ?? [];
    const level = levelOf(name);
    if (level < 0 || (below !== '' && above !== '')) {
      throw new InvalidArgumentError(
        `A list of ${LEVELS.join(', ')} or 0 to 7 is needed; a + after one adds all more important levels.`,
      );
    }
    const [from, to] = [above === '' ? level : 0, below === '' ? level : LEVELS.length - 1];
    for (let i = from; i <= to; i++) levels.add(i);
  }
  return levels;
}

/** Other names that util-linux or syslog(3) accept. */
const OTHER_NAMES: Readonly<Record<string, string>> = { panic: 'emerg', error: 'err', warning: 'warn' };

function levelOf(name: string): number {
  const known: readonly string[] = LEVELS;
  return /^[0-7]$/.test(name) ? Number(name) : known.indexOf(OTHER_NAMES[name] ?? name);
}

/** Seconds since boot, with up to nine decimal places, as nanoseconds. @throws InvalidArgumentError */
export function parseSeconds(text: string): bigint {
  const [, whole, fraction = ''] = /^(\d{1,10})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (whole === undefined)
    throw new InvalidArgumentError('Seconds since boot are needed, for example 12 or 12.345678.');
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** If more than this are asked for, they are counted and iterated again instead of being held in memory. */
const HELD = 4096;

/** The last `count` items of a list that can be iterated twice, in order. */
export function* lastOf<T>(count: number, all: Iterable<T>, again: Iterable<T> = all): Generator<T> {
  if (count <= HELD) {
    yield* heldOf(count, all);
    return;
  }
  let skipped = -count;
  for (const _ of all) skipped++;
  for (const one of again) if (skipped-- <= 0) yield one;
}

/** Holds at most twice as many items. */
function heldOf<T>(count: number, all: Iterable<T>): T[] {
  let held: T[] = [];
  for (const one of all) {
    held.push(one);
    if (held.length >= 2 * count) held = held.slice(-count);
  }
  return held.slice(-count);
}
