import { hex } from '../../bytes/hex.ts';
import { u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import type { AddressSpace } from '../address-space.ts';

/** Where a list stops making sense. What was found before stays good. */
export interface Break {
  /** The node that leads on to what is wrong, or the head. */
  readonly address: bigint;
  /** A sentence. */
  readonly reason: string;
}

/** What walking a list found. */
export interface Walked {
  /** Virtual addresses of the nodes, in their order, without the head; none of them twice. */
  readonly nodes: readonly bigint[];
  /** null, when the walk came to its proper end. */
  readonly broken: Break | null;
}

/** No list that is walked here is longer: it would take 24 GiB of the smallest inodes. */
export const NODES_LIMIT = 1 << 25;

/**
 * Walks a list_head (include/linux/list.h): a circle through the head, each node with the pointers next and prev. A list
 * that was being changed when the kernel crashed may have a wrong prev: that does not end the walk and is no break.
 * @throws InspectError notMapped or notStored, when the head itself cannot be read
 */
export function walkList(space: AddressSpace, head: bigint, limit = NODES_LIMIT): Walked {
  return walk(nextReader(space), head, limit);
}

type Next = (node: bigint) => bigint;

function nextReader(space: AddressSpace): Next {
  const bytes = new Uint8Array(8);
  return (node) => {
    space.read(node, bytes);
    return u64At(bytes, 0);
  };
}

/**
 * Goes from node to node. A circle that does not lead through the head is found as Brent does it: each node is compared
 * with one that is left behind at distances that double.
 */
function walk(next: Next, head: bigint, limit: number): Walked {
  const nodes: bigint[] = [];
  let mark = -1n;
  let marked = 1;
  let at = next(head);
  while (at !== head) {
    if (at === mark) return circle(nodes, at);
    if (nodes.length >= limit) return broken(nodes, head, `there are more than ${limit} nodes`);
    if (nodes.length === marked) [mark, marked] = [at, 2 * marked];
    nodes.push(at);
    const following = attempt(next, at);
    if (typeof following !== 'bigint') return unreadable(nodes, head, following);
    at = following;
  }
  return { nodes, broken: null };
}

function attempt(next: Next, node: bigint): bigint | InspectError {
  try {
    return next(node);
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
}

/** The last node cannot be read, so it is none: the one before it points at nothing. */
function unreadable(nodes: bigint[], head: bigint, error: InspectError): Walked {
  nodes.pop();
  return broken(nodes, head, `its next node cannot be read: ${error.message}`);
}

function broken(nodes: bigint[], head: bigint, reason: string): Walked {
  return { nodes, broken: { address: nodes.at(-1) ?? head, reason } };
}

/** Cuts off what was walked more than once. */
function circle(nodes: bigint[], again: bigint): Walked {
  const length = nodes.length - nodes.lastIndexOf(again);
  let first = 0;
  while (nodes[first] !== nodes[first + length] && first + length < nodes.length) first++;
  const distinct = nodes.slice(0, first + length);
  const reason = `its next node ${hex(distinct[first] ?? again)} was there before: the list runs in a circle`;
  return { nodes: distinct, broken: { address: distinct.at(-1) ?? again, reason } };
}
