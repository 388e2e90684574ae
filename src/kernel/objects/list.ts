import { spareHeap } from '../../bytes/heap.ts';
import { u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { AddressSpace } from '../paging/address-space.ts';

/** Where a list becomes invalid. What was found before remains valid. */
export interface Break {
  /** The node, or head, whose pointer is wrong. */
  readonly address: bigint;
  /** A sentence. */
  readonly reason: string;
  /** The error, if there was one. */
  readonly error?: InspectError;
  /**
   * Whether all nodes were found anyway: through the other end of the list, or as many as the kernel counts.
   */
  readonly mended?: boolean;
}

/** The result of walking a list. */
export interface WalkedList {
  /** Virtual addresses of the nodes in order, without the head; each occurs once. */
  readonly nodes: readonly bigint[];
  /** null if the walk ended properly. */
  readonly broken: Break | null;
}

/** How many nodes a list has by the kernel's count, and the name of that counter. */
export interface NodeCount {
  readonly name: string;
  readonly count: number;
}

/** Default limit of nodes: each takes some 100 bytes while a list is walked from both ends. */
export const NODES_LIMIT = 1 << 20;

/** From this length on, a list is long, and so will be what is made of it. */
const LONG = 1 << 15;

/** Whether nodes may be missing. */
export function isCut(broken: Break | null): boolean {
  return broken !== null && broken.mended !== true;
}

/**
 * Walks a list_head (include/linux/list.h): a circle through the head, with pointers next and prev. In a
 * dump, a node is believed if it and its neighbour point to each other. If they do not, the list is also
 * walked from the head's prev, and the nodes from both ends are joined. If only one pointer is wrong, because
 * it is damaged or a crash interrupted list_add() or list_del(), the two walks meet: then no node is lost,
 * and the break is mended. A running kernel changes its lists meanwhile, so only its next pointers are
 * followed.
 * @param expected the kernel's count to compare with; not used for a running kernel, where it changes, too
 * @throws InspectError notMapped or notStored if the head itself cannot be read
 */
export function walkList(
  space: AddressSpace,
  head: bigint,
  limit = NODES_LIMIT,
  expected?: NodeCount,
): WalkedList {
  const read = linkReader(space);
  const forward = follow(read, head, limit, space.live ? NEXT_ALONE : NEXT);
  if (forward.wrong !== null && !space.live && forward.nodes.length < limit) {
    return joined(head, forward, follow(read, head, limit, PREV), expected);
  }
  const { nodes, wrong } = forward;
  if (wrong !== null) return { nodes, broken: { address: lastOf(forward, head), reason: wrong } };
  const miscounted = space.live ? undefined : miscount(nodes.length, expected);
  return { nodes, broken: miscounted === undefined ? null : { address: head, reason: miscounted } };
}

/** The pointers of a list_head, in order. */
type Links = readonly [next: bigint, prev: bigint];
type LinkReader = (node: bigint) => Links;

function linkReader(space: AddressSpace): LinkReader {
  const bytes = new Uint8Array(16);
  return (node) => {
    space.read(node, bytes);
    return [u64At(bytes, 0), u64At(bytes, 8)];
  };
}

/** Which pointer to follow, and which one must point back; null if that is not checked. */
interface Way {
  readonly on: 0 | 1;
  readonly back: 0 | 1 | null;
}

const NAMES = ['next', 'previous'] as const;
const NEXT: Way = { on: 0, back: 1 };
const NEXT_ALONE: Way = { on: 0, back: null };
const PREV: Way = { on: 1, back: 0 };

/** The part of a list that is believed from one end. */
interface End {
  readonly nodes: bigint[];
  /** Where the last node, or the head, leads. */
  readonly leadsTo: bigint;
  /** Whether what is there can be read. */
  readonly readable: boolean;
  /** Why it is not believed; null if the walk returned to the head. */
  readonly wrong: string | null;
}

/**
 * Goes from node to node. If neighbours are checked, a circle that does not go through the head shows as a
 * node with two predecessors. Otherwise Brent's algorithm finds it: each node is compared with one left
 * behind at distances that double.
 */
function follow(read: LinkReader, head: bigint, limit: number, way: Way): End {
  const nodes: bigint[] = [];
  let [mark, marked] = [-1n, 1];
  let [at, links] = [head, read(head)];
  for (;;) {
    const leadsTo = links[way.on];
    const following = attempt(read, leadsTo);
    const name = NAMES[way.on];
    if (following instanceof InspectError) {
      const wrong = `its ${name} node cannot be read: ${following.message}`;
      return { nodes, leadsTo, readable: false, wrong };
    }
    const end = (wrong: string | null): End => ({ nodes, leadsTo, readable: true, wrong });
    if (way.back !== null && following[way.back] !== at) {
      return end(disagreement(nodes, leadsTo, way, following));
    }
    if (leadsTo === head) return end(null);
    if (leadsTo === mark) return end(circle(cutRepetition(nodes, leadsTo), name));
    if (nodes.length >= limit) return end(`there are more than ${limit} nodes`);
    if (nodes.length === LONG) spareHeap();
    if (nodes.length === marked) [mark, marked] = [leadsTo, 2 * marked];
    nodes.push(leadsTo);
    [at, links] = [leadsTo, following];
  }
}

function attempt(read: LinkReader, node: bigint): Links | InspectError {
  try {
    return read(node);
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
}

function disagreement(nodes: readonly bigint[], node: bigint, { on }: Way, links: Links): string {
  if (nodes.includes(node)) return circle(node, NAMES[on]);
  const back = 1 - on;
  return `its ${NAMES[on]} node ${hex(node)} has a different ${NAMES[back]} node, ${hex(links[back] as bigint)}`;
}

function circle(node: bigint, name: string): string {
  return `its ${name} node ${hex(node)} occurred before: the list runs in a circle`;
}

/** Cuts off repeated nodes; returns the first node of the circle. */
function cutRepetition(nodes: bigint[], again: bigint): bigint {
  const length = nodes.length - nodes.lastIndexOf(again);
  let first = 0;
  while (nodes[first] !== nodes[first + length] && first + length < nodes.length) first++;
  nodes.length = first + length;
  return nodes[first] ?? again;
}

function lastOf({ nodes }: End, head: bigint): bigint {
  return nodes.at(-1) ?? head;
}

/** Joins the nodes from both ends of a list, neither of which leads back to the head. */
function joined(head: bigint, forward: End, backward: End, expected: NodeCount | undefined): WalkedList {
  const between = nodeBetween(head, forward, backward);
  const nodes = [...new Set([...forward.nodes, ...between, ...backward.nodes.reverse()])];
  const more = nodes.length - forward.nodes.length;
  const meet = backward.leadsTo === lastOf(forward, head) || forward.leadsTo === firstOf(backward, head);
  const closed = meet || between.length > 0;
  const miscounted = miscount(nodes.length, expected);
  const mended = miscounted === undefined && (closed || expected !== undefined);
  const found = `${forward.wrong}; its other end adds ${more}`;
  const how = mended ? (closed ? 'and both ends meet' : `in all as many as ${expected?.name}`) : undefined;
  const reason = `${found}, ${how ?? miscounted ?? 'and others may be between'}`;
  return { nodes, broken: { address: lastOf(forward, head), reason, mended } };
}

/** Returns the last node found backwards: the first in list order, since these are now reversed. */
function firstOf({ nodes }: End, head: bigint): bigint {
  return nodes[0] ?? head;
}

/** Returns a node that both its neighbours point to, but that points to neither. */
function nodeBetween(head: bigint, forward: End, backward: End): bigint[] {
  const both = forward.leadsTo === backward.leadsTo && forward.leadsTo !== head;
  return both && forward.readable ? [forward.leadsTo] : [];
}

function miscount(found: number, expected: NodeCount | undefined): string | undefined {
  if (expected === undefined || expected.count === found) return undefined;
  return `nodes found: ${found}, but ${expected.name} is ${expected.count}`;
}
