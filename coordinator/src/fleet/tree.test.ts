import { describe, expect, it } from 'vitest';
import {
  childrenOf,
  endUnit,
  firstUnit,
  freeNodes,
  isWithin,
  keyOf,
  nodeOf,
  ROOT,
  shardsOf,
  takeNode,
  treeOf,
  unitsOf,
} from './tree.ts';

const names = (tree: ReturnType<typeof treeOf>, keys: readonly number[]) =>
  keys.map((key) => `${nodeOf(tree, key).level}/${nodeOf(tree, key).index}`);

describe('the tree of a round', () => {
  it('has units as small as its number of nodes allows', () => {
    expect(treeOf(100, 100)).toEqual({ shards: 100, unitLevel: 0, height: 7, units: 100 });
    expect(treeOf(100, 4)).toEqual({ shards: 100, unitLevel: 5, height: 2, units: 4 });
    expect(treeOf(1, 1)).toEqual({ shards: 1, unitLevel: 0, height: 0, units: 1 });
  });

  it('knows each of its nodes by a key, and no others', () => {
    for (const [shards, nodesMax] of [
      [1, 1],
      [5, 8],
      [13, 4],
      [64, 64],
      [100, 7],
    ] as const) {
      const tree = treeOf(shards, nodesMax);
      const visit = (key: number): number => {
        const children = childrenOf(tree, key);
        expect(keyOf(tree, nodeOf(tree, key))).toBe(key);
        expect(unitsOf(tree, key)).toBe(endUnit(tree, key) - firstUnit(tree, key));
        expect(children.every((child) => isWithin(child, key) && !isWithin(key, child))).toBe(true);
        const below = children.map(visit);
        if (below.length > 0) expect(below.reduce((a, b) => a + b)).toBe(shardsOf(tree, key));
        return shardsOf(tree, key);
      };
      expect(visit(ROOT)).toBe(shards);
    }
    const tree = treeOf(5, 8);
    for (const node of [
      { level: 4, index: 0 },
      { level: 0, index: 5 },
      { level: 1, index: 3 },
      { level: -1, index: 0 },
      { level: 0.5, index: 0 },
      { level: 0, index: -1 },
    ]) {
      expect(keyOf(tree, node)).toBeUndefined();
    }
    expect(keyOf(treeOf(100, 4), { level: 0, index: 0 })).toBeUndefined();
  });

  it('covers what is free by the fewest nodes, none higher than its units may be given out in', () => {
    const tree = treeOf(11, 11);
    const free = (taken: readonly number[], heightMax = 4) =>
      names(
        tree,
        freeNodes(tree, (unit) => !taken.includes(unit), new Uint8Array(11).fill(heightMax)),
      );
    expect(free([])).toEqual(['4/0']);
    expect(free([3])).toEqual(['1/0', '0/2', '2/1', '3/1']);
    expect(free([], 1)).toEqual(['1/0', '1/1', '1/2', '1/3', '1/4', '1/5']);
    expect(free([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toEqual([]);
  });

  it('takes the largest node that is small enough, from the smallest that it can be cut from', () => {
    const tree = treeOf(11, 11);
    const free = [keyOf(tree, { level: 3, index: 0 })!, keyOf(tree, { level: 2, index: 2 })!];
    expect(names(tree, [takeNode(tree, free, 3)!])).toEqual(['2/2']);
    expect(names(tree, [takeNode(tree, free, 3)!])).toEqual(['1/0']);
    expect(names(tree, free)).toEqual(['1/1', '2/1']);
    for (const node of ['1/1', '2/1'])
      expect(names(tree, [takeNode(tree, free, node === '1/1' ? 2 : 9)!])).toEqual([node]);
    expect(takeNode(tree, free, 9)).toBeUndefined();
  });
});
