import { type Kernel, kernelOf, kernels } from './kernels.ts';

/** What CI boots, and `npm run test:vm` without --kernels. */
const defaultNames = ['bullseye', 'bookworm', 'trixie', 'trixie-backports', 'tiny'];

/** The variable in which run.ts hands the list to the tests' processes. */
export const listVariable = 'KDUMP_INSPECT_VM_KERNELS';

/**
 * The kernels that a list such as "trixie-rt,sid-cloud" names; "all" means each that the table has.
 * @throws Error if a name is unknown
 */
export function parseList(list: string): Kernel[] {
  if (list === 'all') return [...kernels];
  const names = list.split(',').map((name) => name.replace(/-cloud$/, ''));
  return [...new Set(names)].map(kernelOf);
}

/** The kernels of this run. */
export const listed = (): Kernel[] => parseList(process.env[listVariable] ?? defaultNames.join(','));

/** The kernels to fetch for them: those that save another's memory come first. */
export function withCaptureKernels(asked: readonly Kernel[]): Kernel[] {
  const capturing = asked.flatMap(({ capturedBy }) =>
    capturedBy === undefined ? [] : [kernelOf(capturedBy)],
  );
  return [...new Set([...capturing, ...asked])];
}
