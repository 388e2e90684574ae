import type { ErrorKind } from '../../errors.ts';
import type { MemoryImage } from './image.ts';

/**
 * Whether the dump has lost what is missing. Memory that was left out on purpose, or that the kernel never
 * had, is not lost.
 */
export function isLoss(kind: ErrorKind, { memory }: Pick<MemoryImage, 'memory'>): boolean {
  if (kind === 'notStored') return memory.cutShort;
  return kind === 'corrupt' || kind === 'notMapped' || kind === 'io';
}
