import type { MapChange } from '../formats/image/image.ts';
import { size } from './units.ts';

/** What a report says of memory that came or went while it was made, and whether it is complete all the same. */
export interface LiveChange {
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

/** @param change what a running kernel's file shows; null for nothing, and of a dump */
export function liveChange(change: MapChange | null): LiveChange {
  if (!change) return { warnings: [], complete: true };
  const { removed, added, moved } = change;
  return {
    warnings: [
      ...(removed > 0
        ? [
            `${size(removed)} of memory were taken out of the machine meanwhile: what is counted of them may be wrong`,
          ]
        : []),
      ...(added > 0 ? [`${size(added)} of memory came to the machine meanwhile and are not counted`] : []),
      ...(moved ? ['the file has moved its contents meanwhile: trust no figure, and run it again'] : []),
    ],
    complete: removed === 0 && !moved,
  };
}
