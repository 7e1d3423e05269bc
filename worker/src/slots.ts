/**
 * The slots of a step in rounds, as the main thread sees them: which node's sum lies where, and comparisons and sums of
 * what lies there. Slots that are free, those that threads write, and those of known nodes are never the same.
 */

import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { SUMS_BYTES } from '@hivegrad/shared/model/node';
import type { SlotOrder } from '@hivegrad/shared/optim/update';
import { ADD, orderedBlock, sumInOrder } from '@hivegrad/shared/optim/update';
import type { Node } from '@hivegrad/shared/reduce/tree';
import { contains, postfixSum } from './cover.ts';
import type { RoundLayout } from './layout.ts';
import type { Shared } from './shared.ts';

/** A node and the slot that is its own. */
export interface Held {
  readonly node: Node;
  readonly slot: number;
}

/** How slots are added, in words that can be posted. */
export interface WordOrder extends SlotOrder {
  readonly words: readonly number[];
}

interface Sums {
  readonly lossSum: number;
  readonly correct: number;
}

/** A node's sums as they were received. */
export interface Bytes extends Sums {
  readonly bytes: Uint8Array;
}

/** For a step of `shards` shards. */
export type Slots = ReturnType<ReturnType<typeof openSlots>>;

/** All slots are free at the beginning of each step. */
export function openSlots({ memory, layout, engine, module }: Shared, planned: RoundLayout) {
  const { buffer } = memory;
  const kernels = engine === 'simd' ? instantiateKernels(module, memory) : createReferenceKernels(buffer);
  const { slots: base, slotStride: stride, parameters } = layout;
  const f32 = new Float32Array(buffer);
  const u32 = new Uint32Array(buffer);
  const addressOf = (slot: number) => base + slot * stride;
  const sumsAt = (slot: number) => (planned.sums + slot * SUMS_BYTES) >>> 2;
  const bytesAt = (address: number, floats: number) => Buffer.from(buffer, address, floats * 4);
  const bytesOf = (slot: number) => bytesAt(addressOf(slot), parameters);

  const sumsOf = ({ words }: WordOrder): Sums => {
    const losses: number[] = [];
    let correct = 0;
    for (const word of words) {
      if (word === ADD) {
        const right = losses.pop()!;
        losses.push(Math.fround(losses.pop()! + right));
      } else {
        losses.push(f32[sumsAt(word)]!);
        correct += u32[sumsAt(word) + 1]!;
      }
    }
    return { lossSum: losses[0]!, correct };
  };
  const sameBytes = (order: WordOrder, bytes: Uint8Array): boolean => {
    if (order.length === 1) return bytesOf(order.words[0]!).equals(bytes);
    const step = orderedBlock(order);
    for (let at = 0; at < parameters; at += step) {
      const length = Math.min(step, parameters - at);
      const sum = sumInOrder(kernels, { base, stride, order }, { at, length, stack: planned.stack });
      if (!bytesAt(sum, length).equals(bytes.subarray(at * 4, (at + length) * 4))) return false;
    }
    return true;
  };
  const equalTo = (order: WordOrder, { bytes, lossSum, correct }: Bytes): boolean => {
    const sums = sumsOf(order);
    return Object.is(sums.lossSum, lossSum) && sums.correct === correct && sameBytes(order, bytes);
  };

  return (shards: number) => {
    const free = Array.from({ length: planned.slots }, (_, i) => planned.slots - 1 - i);
    const known = new Map<number, Held>();
    const keyOf = ({ level, index }: Node) => index * 32 + level;
    return {
      /** Bytes of a gradient. */
      bytes: parameters * 4,
      /** Nodes that may be computed at once: so many that there is room for whatever is stored meanwhile. */
      computedMax: planned.slots - planned.nodesMax,

      take: (node: Node): Held => ({ node, slot: free.pop()! }),
      /** Gives back a slot that was taken. */
      free: ({ slot }: Held) => void free.push(slot),
      /** Fills a slot that was taken. False if the gradient is not finite. */
      write({ slot }: Held, { bytes, lossSum, correct }: Bytes): boolean {
        bytesOf(slot).set(bytes);
        f32[sumsAt(slot)] = lossSum;
        u32[sumsAt(slot) + 1] = correct;
        const at = addressOf(slot);
        // A division by 1 in place changes no finite value.
        return kernels.treeMean(at, 0, 1, parameters, 1, at, planned.stack) === 1;
      },
      /** Makes known what lies in a slot that was taken. */
      keep: (held: Held) => void known.set(keyOf(held.node), held),
      /** Forgets a known node. */
      drop(held: Held): void {
        known.delete(keyOf(held.node));
        free.push(held.slot);
      },
      /** To be asked before so many more nodes become known. */
      makeSure(more: number): void {
        if (known.size + more <= planned.nodesMax) return;
        throw new Error(`a round keeps at most ${planned.nodesMax} nodes`);
      },

      known: (): Held[] => [...known.values()],
      find: (node: Node): Held | undefined => known.get(keyOf(node)),
      /** The known nodes that are a node or lie below it. */
      inside: (node: Node): Held[] => [...known.values()].filter((held) => contains(node, held.node)),
      /** Whether a node above is known. */
      hasAbove: (node: Node): boolean =>
        [...known.values()].some((held) => held.node.level > node.level && contains(held.node, node)),

      /** How slots are added to a node's sum; nothing where they leave a gap. */
      orderOf(held: readonly Held[], root: Node): WordOrder | undefined {
        const nodes = held.map(({ node }) => node);
        const sum = postfixSum(nodes, root, shards);
        if (sum === undefined) return undefined;
        const words = sum.words.map((word) => (word === ADD ? ADD : held[word]!.slot));
        return { words, length: words.length, depth: sum.depth };
      },
      /** The loss, added along the tree, and the correct samples of the slots of an order. */
      sumsOf,
      bytesOf,
      /** Whether the slots of an order add up to what was received, byte by byte. */
      equalTo,
      /** The same for what lies in a slot. */
      equal: (order: WordOrder, { slot }: Held): boolean =>
        equalTo(order, {
          bytes: bytesOf(slot),
          lossSum: f32[sumsAt(slot)]!,
          correct: u32[sumsAt(slot) + 1]!,
        }),
    };
  };
}
