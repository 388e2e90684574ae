import type { MapChange } from '../formats/image/image.ts';
import { size } from './units.ts';

/** What a report says about memory that was added or removed while it was made. */
export interface LiveChange {
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

/** @param change of a running kernel's memory; null if there is none, and for a dump */
export function liveChange(change: MapChange | null): LiveChange {
  if (!change) return { warnings: [], complete: true };
  const { removed, added, moved } = change;
  return {
    warnings: [
      ...(removed > 0
        ? [
            `${size(removed)} of memory were removed from the machine meanwhile, so the figures for them may be wrong`,
          ]
        : []),
      ...(added > 0
        ? [`${size(added)} of memory were added to the machine meanwhile and are not counted`]
        : []),
      ...(moved
        ? ['the file has moved its contents meanwhile, so no figure can be trusted: run this again']
        : []),
    ],
    complete: removed === 0 && !moved,
  };
}
