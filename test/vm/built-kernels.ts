import type { Kernel } from './kernels.ts';

/** Configurations that Debian does not build; each file of configs/ says what is special. */
export const builtKernels: readonly Kernel[] = [
  {
    name: 'tiny',
    suite: 'trixie',
    package: 'linux-source-6\\.12',
    config: 'tiny.config',
    pagingLevels: 4,
    nodes: 1,
    lacks: ['types', 'modules', 'slabinfo', 'cgroups'],
  },
  {
    name: 'tiny-types',
    suite: 'trixie',
    package: 'linux-source-6\\.12',
    config: 'tiny-types.config',
    pagingLevels: 5,
    nodes: 1,
    lacks: ['modules', 'slabinfo', 'cgroups'],
  },
  {
    name: 'classic-sparsemem',
    suite: 'bookworm',
    package: 'linux-source-6\\.1',
    config: 'classic-sparsemem.config',
    pagingLevels: 4,
    nodes: 2,
    lacks: ['modules', 'vmemmap', 'cgroups'],
  },
  {
    name: 'fixed-address',
    suite: 'trixie',
    package: 'linux-source-6\\.12',
    config: 'fixed-address.config',
    pagingLevels: 4,
    nodes: 1,
    capturedBy: 'tiny',
    lacks: ['modules', 'dataSymbols', 'random', 'cgroups'],
  },
];
