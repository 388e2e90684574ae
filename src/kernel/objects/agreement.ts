import { hex } from '../../hex.ts';
import { type Break, isCut, type WalkedList } from './list.ts';

/** The objects that two structures have together. */
export interface Agreement {
  /** Virtual addresses: the list's objects in order, then the ones that only the other structure has. */
  readonly objects: readonly bigint[];
  /** Sentences. */
  readonly problems: readonly string[];
  /** Whether these are exactly all objects: one structure is whole and has what the other has. */
  readonly whole: boolean;
}

/** A second structure with the objects of a list. */
export interface Other {
  /** Its name in a sentence: "their tree". */
  readonly name: string;
  readonly objects: ReadonlySet<bigint>;
  readonly broken: Break | null;
}

/**
 * Compares a list with a second structure of the same objects. Objects that the list lacks are added, so a
 * whole second structure makes up for a broken list; objects that only the list has are doubtful.
 * @param what name of the list in a sentence
 * @param list objects, not nodes
 * @param other null if there is none
 */
export function agree(what: string, list: WalkedList, other: Other | null): Agreement {
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
