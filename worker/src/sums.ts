/**
 * The gradient sums of a round, by number, and who has which slot. A sum lies in one slot, or in several where it was
 * computed in parts. Local threads and remote workers have slots of their own, so that neither takes the room
 * of the other. Invariant: a slot is free or belongs to one sum, or to one that is being made.
 */

import type { SlotOrder } from '@hivegrad/shared/optim/update';
import { ADD } from '@hivegrad/shared/optim/update';
import type { Node } from '@hivegrad/shared/reduce/tree';
import { postfixSum } from './cover.ts';
import type { RoundLayout } from './layout.ts';

/** Over the samples of a node. */
interface Totals {
  /** A float32. */
  readonly lossSum: number;
  readonly correct: number;
}

/** A node whose gradient sum lies in one slot. */
export interface Part extends Totals {
  readonly node: Node;
  readonly slot: number;
}

/** A node whose gradient sum is that of its parts, added along the tree. */
export interface Sum extends Totals {
  readonly node: Node;
  readonly parts: readonly Part[];
}

/** How parts are added, in words that can be posted, and what their losses and counts add up to. */
export interface Addition extends Totals {
  readonly order: SlotOrder & { readonly words: readonly number[] };
}

/** Adds parts, in any order, to a node's sum in a step of `shards` shards; nothing where they leave a gap or overlap. */
export function addUp(parts: readonly Part[], node: Node, shards: number): Addition | undefined {
  const nodes = parts.map((part) => part.node);
  const sum = postfixSum(nodes, node, shards);
  if (sum === undefined) return undefined;
  const losses: number[] = [];
  let correct = 0;
  const words = sum.words.map((place) => {
    if (place === ADD) {
      const right = losses.pop()!;
      losses.push(Math.fround(losses.pop()! + right));
      return ADD;
    }
    const part = parts[place]!;
    losses.push(part.lossSum);
    correct += part.correct;
    return part.slot;
  });
  const order = { words, length: words.length, depth: sum.depth };
  return { order, lossSum: losses[0]!, correct };
}

/** Numbers and slots; see the head of this file. */
export interface SumStore {
  /**
   * Takes a slot for each of some nodes that the local threads are to compute.
   * @throws Error where there are too few; then none is taken
   */
  takeLocal(nodes: number): number[];
  /**
   * Takes a slot for a sum of a remote worker.
   * @throws Error where there is none; see `remoteLeft`
   */
  takeRemote(): number;
  /** Slots that are free for sums of remote workers. */
  remoteLeft(): number;
  /** Gives back a slot that was taken. */
  giveBack(slot: number): void;
  /** Gives a sum, whose slots were taken, its number. */
  keep(sum: Sum): number;
  /** @throws Error where the round has no such sum */
  find(number: number): Sum;
  /** Forgets a sum of the round, but leaves its slots taken until the round ends. */
  handOver(number: number): void;
  /**
   * Forgets a sum and gives back its slots; does nothing for one of an earlier round.
   * @throws Error where the round has no such sum
   */
  release(number: number): void;
  /** Forgets everything: the round is over. */
  clear(): void;
}

export function openSums({ localSlots, remoteSlots }: RoundLayout): SumStore {
  const local: number[] = [];
  const remote: number[] = [];
  const known = new Map<number, Sum>();
  /** The first number of the round, and the next one. */
  let [first, next] = [0, 0];
  const giveBack = (slot: number) => void (slot < localSlots ? local : remote).push(slot);
  const find = (number: number): Sum => {
    const sum = known.get(number);
    if (sum === undefined) throw new Error(`the round has no sum ${number}`);
    return sum;
  };
  const clear = () => {
    known.clear();
    first = next;
    local.length = 0;
    remote.length = 0;
    for (let slot = localSlots + remoteSlots - 1; slot >= 0; slot--) giveBack(slot);
  };
  clear();

  return {
    takeLocal(nodes) {
      if (nodes <= local.length) return local.splice(local.length - nodes).reverse();
      throw new Error(`there is room for ${local.length} more nodes of the local threads, not for ${nodes}`);
    },
    takeRemote() {
      const slot = remote.pop();
      if (slot === undefined) throw new Error(`there is room for ${remoteSlots} sums of remote workers`);
      return slot;
    },
    remoteLeft: () => remote.length,
    giveBack,
    keep(sum) {
      known.set(next, sum);
      return next++;
    },
    find,
    handOver: (number) => void known.delete(number),
    release(number) {
      if (number < first) return;
      for (const { slot } of find(number).parts) giveBack(slot);
      known.delete(number);
    },
    clear,
  };
}
