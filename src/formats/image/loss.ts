import type { ErrorKind } from '../../errors.ts';
import type { MemoryImage } from './image.ts';

/** Whether a dump has lost what is missing: memory that was left out on purpose is not lost, nor is what a kernel never had. */
export function isLoss(kind: ErrorKind, { memory }: Pick<MemoryImage, 'memory'>): boolean {
  if (kind === 'notStored') return memory.cutShort;
  return kind === 'corrupt' || kind === 'notMapped' || kind === 'io';
}
