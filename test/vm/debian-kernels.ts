import type { Kernel } from './kernels.ts';

/** Suites with the kernels that they have now; a suite's name alone means its cloud kernel. */
const suites = [
  'bullseye',
  'bookworm',
  'bookworm-backports',
  'trixie',
  'trixie-backports',
  'forky',
  'sid',
  'experimental',
];

/** Its cloud kernel runs with five levels, in the default list. */
const fiveLevels = 'trixie-backports';

/** Kernels that trixie-backports had and still keeps whole; of 6.19 to 7.1 the modules are gone. */
const kept = ['6.16', '6.17', '6.18', '7.2'];

/** The suffix of a kernel's name, and the suffix of its package. The full kernels run with five levels. */
const flavours = [
  { suffix: '', package: 'cloud-amd64', full: false },
  { suffix: '-rt', package: 'rt-amd64', full: false },
  { suffix: '-amd64', package: 'amd64', full: true },
];

/** Kernels of the default list that have a second guest, with cgroups of v1 or none. */
const otherCgroups: Readonly<Record<string, 'v1' | 'disabled'>> = { bullseye: 'v1', bookworm: 'disabled' };

const booted = { nodes: 1, lacks: [] } as const;

const ofSuites = suites.flatMap((suite) =>
  flavours.map(
    (flavour): Kernel => ({
      ...booted,
      name: `${suite}${flavour.suffix}`,
      suite,
      package: `linux-image-${flavour.package}`,
      pagingLevels: suite === fiveLevels || flavour.full ? 5 : 4,
    }),
  ),
);

const ofReleases = kept.flatMap((release) =>
  flavours.map(
    (flavour): Kernel => ({
      ...booted,
      name: `${release}${flavour.suffix}`,
      suite: 'trixie-backports',
      package: `linux-image-${release.replace('.', '\\.')}\\.[^-]*-${flavour.package}`,
      pagingLevels: flavour.full ? 5 : 4,
    }),
  ),
);

export const debianKernels: readonly Kernel[] = [...ofSuites, ...ofReleases].map((kernel) => {
  const other = otherCgroups[kernel.name];
  return other === undefined ? kernel : { ...kernel, otherCgroups: other };
});
