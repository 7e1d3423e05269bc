import { treeSum } from '@hivegrad/shared/kernels/reference/reduce';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { ADD, orderedBlock, SUM_STACK_BYTES, sumInOrder } from '@hivegrad/shared/optim/update';
import type { Node } from '@hivegrad/shared/reduce/tree';
import { nodesOnLevel } from '@hivegrad/shared/reduce/tree';
import { describe, expect, it } from 'vitest';
import { contains, descendants, postfixSum, topLevel } from './cover.ts';

let state = 1;
const random = () => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return state / 2 ** 32;
};
/** The sum of each leaf is another one, of which order and brackets show in the last bits. */
const leaf = (index: number) => Math.fround(Math.sin(index + 1) * 1000);
const sumOf = (node: Node, shards: number) =>
  treeSum(descendants(node, 0, shards).length, (i) => leaf((node.index << node.level) + i));

function randomCover(node: Node, shards: number): Node[] {
  if (node.level === 0 || random() < 0.3) return [node];
  const children = descendants(node, node.level - 1, shards);
  return children.flatMap((child) => randomCover(child, shards)).sort(() => random() - 0.5);
}

describe('postfixSum', () => {
  it('adds the nodes of any cover to the bits of the tree, for any node', () => {
    for (let round = 0; round < 400; round++) {
      const shards = 1 + Math.floor(random() * 40);
      const level = Math.floor(random() * (topLevel(shards) + 1));
      const root = { level, index: Math.floor(random() * nodesOnLevel(shards, level)) };
      const cover = randomCover(root, shards);
      const { words, depth } = postfixSum(cover, root, shards)!;
      const stack: number[] = [];
      let highest = 0;
      for (const word of words) {
        const right = word === ADD ? stack.pop()! : 0;
        stack.push(word === ADD ? Math.fround(stack.pop()! + right) : sumOf(cover[word]!, shards));
        highest = Math.max(highest, stack.length);
      }
      expect(stack).toEqual([sumOf(root, shards)]);
      expect(depth).toBe(highest);
    }
  });

  it('has no answer where nodes leave a gap, overlap or lie elsewhere', () => {
    const root = { level: 3, index: 0 };
    for (const nodes of [
      [],
      [[2, 0]],
      [[2, 1]],
      [
        [2, 0],
        [1, 3],
      ],
      [
        [2, 0],
        [2, 0],
      ],
      [
        [2, 0],
        [2, 1],
        [0, 3],
      ],
      [
        [2, 0],
        [2, 1],
        [2, 1],
      ],
      [
        [1, 0],
        [2, 0],
        [2, 1],
      ],
      [
        [2, 0],
        [2, 1],
        [0, 8],
      ],
      [[4, 0]],
    ]) {
      const cover = nodes.map(([level, index]) => ({ level: level!, index: index! }));
      expect(postfixSum(cover, root, 9), JSON.stringify(nodes)).toBeUndefined();
    }
  });

  it('passes a node without a right sibling up', () => {
    const cover = [
      { level: 0, index: 8 },
      { level: 3, index: 0 },
    ];
    expect(postfixSum(cover, { level: 4, index: 0 }, 9)).toEqual({ words: [1, 0, ADD], depth: 2 });
    expect(postfixSum(cover.slice(0, 1), { level: 3, index: 1 }, 9)).toEqual({ words: [0], depth: 1 });
  });
});

describe('contains', () => {
  it('holds for a node and its descendants only', () => {
    const node = { level: 2, index: 1 };
    const inside = [node, ...descendants(node, 1, 9), ...descendants(node, 0, 9)];
    expect(inside).toHaveLength(1 + 2 + 4);
    for (let level = 0; level <= 4; level++) {
      for (let index = 0; index < nodesOnLevel(9, level); index++) {
        const known = inside.some((other) => other.level === level && other.index === index);
        expect(contains(node, { level, index })).toBe(known);
      }
    }
  });
});

describe('sumInOrder', () => {
  // Nine nodes and more wait at once where levels fall from left to right; then blocks are smaller.
  it.each([3, 8, 9, 12])(
    'adds slots of %i falling levels block by block, on a stack that holds them',
    (levels) => {
      const shards = (1 << levels) - 1;
      const cover = Array.from({ length: levels }, (_, i) => ({
        level: levels - 1 - i,
        index: (shards >> (levels - i)) * 2,
      }));
      const { words, depth } = postfixSum(cover, { level: levels, index: 0 }, shards)!;
      expect(depth).toBe(levels);
      const order = { words, length: words.length, depth };
      const [base, stride, parameters] = [SUM_STACK_BYTES + 128, 4096 * 4, 4001];
      const buffer = new ArrayBuffer(base + levels * stride);
      const values = new Float32Array(buffer);
      const value = (node: number, i: number) => Math.fround(Math.sin(node * 5000 + i));
      for (let node = 0; node < levels; node++) {
        for (let i = 0; i < parameters; i++) values[(base + node * stride) / 4 + i] = value(node, i);
      }
      values.fill(7, SUM_STACK_BYTES / 4, base / 4);
      const slots = values.slice(base / 4);
      const kernels = createReferenceKernels(buffer);
      const step = orderedBlock(order);
      for (let at = 0; at < parameters; at += step) {
        const length = Math.min(step, parameters - at);
        const sum = sumInOrder(kernels, { base, stride, order }, { at, length, stack: 0 });
        for (let i = 0; i < length; i++) {
          let expected = value(levels - 1, at + i);
          for (let node = levels - 2; node >= 0; node--)
            expected = Math.fround(value(node, at + i) + expected);
          expect(values[sum / 4 + i]).toBe(expected);
        }
      }
      expect(values.slice(base / 4)).toEqual(slots);
      expect(values.subarray(SUM_STACK_BYTES / 4, base / 4).every((float) => float === 7)).toBe(true);
    },
  );
});
