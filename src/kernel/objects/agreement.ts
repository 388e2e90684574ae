import { hex } from '../../hex.ts';
import { type Break, isCut, type Walked } from './list.ts';

/** What two structures of the same objects have together. */
export interface Agreement {
  /** Those of the list in its order, then those that only the other structure has; virtual addresses. */
  readonly objects: readonly bigint[];
  /** Sentences. */
  readonly problems: readonly string[];
  /** Whether those are all, and nothing more: one of the two is whole, and has what the other has. */
  readonly whole: boolean;
}

/** A second structure that has the objects of a list. */
export interface Other {
  /** As it is called in a sentence: "their tree". */
  readonly name: string;
  readonly objects: ReadonlySet<bigint>;
  readonly broken: Break | null;
}

/**
 * Holds a list against a second structure of the same objects. What the list lacks is added, so that nothing is lost where
 * the other one is whole; what the list has in addition is doubtful.
 * @param what the list is called in a sentence; @param list objects, not nodes; @param other null where there is none
 */
export function agree(what: string, list: Walked, other: Other | null): Agreement {
  const problems: string[] = [];
  if (list.broken) problems.push(`${what} is broken at ${hex(list.broken.address)}: ${list.broken.reason}`);
  if (other?.broken)
    problems.push(`${other.name} is broken at ${hex(other.broken.address)}: ${other.broken.reason}`);
  const listed = new Set(list.nodes);
  const added = other === null ? [] : [...other.objects].filter((object) => !listed.has(object));
  const doubtful =
    other === null || other.broken ? 0 : list.nodes.filter((object) => !other.objects.has(object)).length;
  if (other && added.length > 0) problems.push(`${what} lacks ${added.length} that ${other.name} has`);
  if (other && doubtful > 0) problems.push(`${what} has ${doubtful} that ${other.name} lacks`);
  const oneIsWhole = !isCut(list.broken) || (other !== null && other.broken === null);
  return { objects: [...list.nodes, ...added], problems, whole: oneIsWhole && doubtful === 0 };
}
