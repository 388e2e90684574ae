import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FileSource } from '../../src/bytes/file-source.ts';
import type { ByteSource } from '../../src/bytes/source.ts';
import { KERNELS } from './built-kernels.ts';
import { CONTAINERS } from './containers.ts';
import { type Place, placesIn } from './places.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/.cache/', import.meta.url));

/** A dump that inputs are made from. */
export interface Base {
  readonly name: string;
  readonly files: readonly ByteSource[];
  /** What the command line must say about it. */
  readonly args: readonly string[];
  readonly isProcfs: boolean;
  /** Where its structures lie. */
  readonly places: readonly Place[];
}

/** Containers for any kernel, and kernels for any container; the others are combined with one of these. */
const COMMON_CONTAINERS = ['elf', 'kdump-none'];
const COMMON_KERNELS = ['pages-6.12', 'searched'];

/** Names of all bases: made-up kernels in containers, and the fixtures, which are real. */
export function baseNames(): { readonly built: readonly string[]; readonly real: readonly string[] } {
  const built = Object.keys(KERNELS).flatMap((kernel) =>
    Object.keys(CONTAINERS)
      .filter((container) => COMMON_CONTAINERS.includes(container) || COMMON_KERNELS.includes(kernel))
      .map((container) => `${kernel}/${container}`),
  );
  const files = readdirSync(FIXTURES).filter((name) => !name.includes('.part'));
  const whole = files.filter((name) => !/-\d\.kdump$/.test(name));
  return { built, real: [...whole, 'linux-6.12-zstd.split'].map((name) => `fixture/${name}`) };
}

const opened = new Map<string, Base>();

/** A base; it is made when it is first asked for, and kept. */
export async function baseOf(name: string): Promise<Base> {
  const known = opened.get(name);
  if (known) return known;
  const [first = '', second = ''] = name.split('/');
  const base = first === 'fixture' ? fixture(second) : built(first, second);
  const places = await placesIn(base);
  // The headers of /proc/kcore come from the running kernel, which makes them when they are read.
  const whole = {
    name,
    ...base,
    places: base.isProcfs ? places.filter(({ kind }) => kind !== 'bytes') : places,
  };
  opened.set(name, whole);
  return whole;
}

type BareBase = Omit<Base, 'name' | 'places'>;

function built(kernel: string, container: string): BareBase {
  const make = KERNELS[kernel];
  const contain = CONTAINERS[container];
  if (!make || !contain) throw new Error(`there is no base ${kernel}/${container}`);
  const { files, args = [], isProcfs = false } = contain(make());
  return { files, args, isProcfs };
}

function fixture(name: string): BareBase {
  const paths = name.endsWith('.split')
    ? [1, 2, 3].map((part) => name.replace('.split', `-${part}.kdump`))
    : [name];
  return { files: paths.map((path) => new FileSource(FIXTURES + path)), args: [], isProcfs: false };
}
