import { expect, it } from 'vitest';
import { assignmentLevel, nodesOnLevel, samplesOfNode, shardCount } from './tree.ts';

it('cuts a mini-batch in aligned nodes whose last one may be smaller', () => {
  expect(shardCount(70, 16)).toBe(5);
  expect([0, 1, 2, 3].map((level) => nodesOnLevel(5, level))).toEqual([5, 3, 2, 1]);
  expect(samplesOfNode({ level: 1, index: 1 }, 70, 16)).toEqual({ begin: 32, end: 64 });
  expect(samplesOfNode({ level: 1, index: 2 }, 70, 16)).toEqual({ begin: 64, end: 70 });
  expect(samplesOfNode({ level: 3, index: 0 }, 70, 16)).toEqual({ begin: 0, end: 70 });
});

it('gives one worker the root and two workers the halves', () => {
  expect(assignmentLevel(16, 1)).toBe(4);
  expect(assignmentLevel(1, 1)).toBe(0);
  expect(assignmentLevel(16, 2)).toBe(3);
  expect(assignmentLevel(2, 2)).toBe(0);
});

it('prefers small nodes where large ones would leave workers idle', () => {
  // Seven workers on four shards: one shard each.
  expect(assignmentLevel(4, 7)).toBe(0);
  // Three workers on 16 shards: 8 nodes of two shards end with the sixth shard in sequence, as 16 leaves do.
  expect(assignmentLevel(16, 3)).toBe(1);
});

it('does not slow a step by more than a tenth to save nodes', () => {
  for (const shards of [1, 2, 3, 5, 16, 63, 64, 100, 3750]) {
    for (const workers of [1, 2, 3, 7, 16]) {
      const level = assignmentLevel(shards, workers);
      const time = Math.ceil(nodesOnLevel(shards, level) / workers) * 2 ** level;
      expect(time).toBeLessThanOrEqual(Math.ceil(shards / workers) * 1.1);
    }
  }
});
