import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkMask, countMask, isInMask, layoutRows, placeOfNode, putInMask, stepsOfRun } from './bodies.ts';
import {
  assignBytesMax,
  clientFrameBytesMax,
  maskBytes,
  rowBytes,
  serverFrameBytesMax,
  whyNotLendable,
} from './limits.ts';
import type { RunShape } from './messages.ts';
import { exampleShape } from './protocol.test.support.ts';

const weighted: RunShape = {
  ...exampleShape,
  features: { kind: 'f32', width: 3 },
  targets: { kind: 'values', width: 2 },
  weighted: true,
};

describe('nodes', () => {
  it('have the samples that the tree gives them, also in the last, smaller mini-batch', () => {
    expect(stepsOfRun(exampleShape)).toBe(15);
    expect(placeOfNode(exampleShape, { step: 4, level: 0, index: 1 })).toEqual({
      epoch: 1,
      batchBegin: 4,
      batchCount: 4,
      begin: 2,
      end: 4,
    });
    expect(placeOfNode(exampleShape, { step: 14, level: 0, index: 0 })).toEqual({
      epoch: 4,
      batchBegin: 8,
      batchCount: 2,
      begin: 0,
      end: 2,
    });
  });

  it('exist up to the root and no further', () => {
    const exists = (step: number, level: number, index: number) => {
      try {
        placeOfNode(exampleShape, { step, level, index });
        return true;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(exists(0, 1, 0)).toBe(true);
    expect(exists(0, 2, 0)).toBe('NO_SUCH_NODE');
    expect(exists(0, 1, 1)).toBe('NO_SUCH_NODE');
    expect(exists(2, 1, 0)).toBe('NO_SUCH_NODE');
    expect(exists(15, 0, 0)).toBe('NO_SUCH_STEP');
  });
});

describe('masks', () => {
  it('count the bits that were put, and refuse those behind the last sample', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.nat(199)), (samples, picks) => {
        const picked = new Set(picks.filter((pick) => pick < samples));
        const mask = new Uint8Array(maskBytes(samples));
        for (const pick of picked) putInMask(mask, pick);
        expect(countMask(mask)).toBe(picked.size);
        expect([...Array(samples).keys()].filter((i) => isInMask(mask, i))).toEqual(
          [...picked].sort((a, b) => a - b),
        );
        checkMask(mask, samples, picked.size);
        expect(() => checkMask(mask, samples, picked.size + 1)).toThrow('rows');
        if (samples % 64 !== 0) {
          putInMask(mask, samples);
          expect(() => checkMask(mask, samples, picked.size + 1)).toThrow('behind');
        }
      }),
      { seed: 8 },
    );
  });
});

describe('rows', () => {
  it('lie behind their mask, each part at a multiple of 8', () => {
    expect(layoutRows(exampleShape, 4, 0).bytes).toBe(0);
    expect(layoutRows(exampleShape, 4, 3)).toEqual({
      mask: 0,
      features: 8,
      targets: 24,
      weights: 40,
      bytes: 40,
    });
    expect(layoutRows(weighted, 65, 3)).toEqual({
      mask: 0,
      features: 16,
      targets: 56,
      weights: 80,
      bytes: 96,
    });
    expect(rowBytes(exampleShape)).toBe(7);
    expect(rowBytes(weighted)).toBe(24);
  });

  it('of one shard always fit in an assignment, and a frame holds whatever fits', () => {
    const wide: RunShape = { ...weighted, features: { kind: 'f32', width: 3_000_000 } };
    for (const shape of [exampleShape, weighted, wide]) {
      const shard = layoutRows(shape, shape.shardSize, shape.shardSize).bytes;
      expect(assignBytesMax(shape)).toBeGreaterThanOrEqual(shard);
      expect(serverFrameBytesMax(shape)).toBeGreaterThan(assignBytesMax(shape));
    }
    expect(assignBytesMax(exampleShape)).toBe(8 + 8_388_608);
    expect(clientFrameBytesMax(exampleShape)).toBe(1032 + 32);
  });

  it('that no frame could hold are named before anybody is invited', () => {
    expect(whyNotLendable(exampleShape)).toBeUndefined();
    expect(whyNotLendable({ ...exampleShape, parameters: 2 ** 28 })).toContain('parameters');
    const huge = {
      ...exampleShape,
      features: { kind: 'f32', width: 2 ** 24 } as const,
      shardSize: 32,
      batchSize: 64,
      samples: 64,
    };
    expect(whyNotLendable(huge)).toContain('one shard');
    const many = { ...exampleShape, samples: 2 ** 31, batchSize: 2 ** 31, shardSize: 1 };
    expect(whyNotLendable(many)).toContain('shards');
  });
});
