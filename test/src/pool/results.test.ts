/** Results of nodes that meet what is known of a step: kept, compared byte by byte, refused; and what a step refuses. */

import { initialWeights } from '@hivegrad/shared/model/initialise';
import type { Node } from '@hivegrad/shared/reduce/tree';
import type { LocalPool } from '@hivegrad/worker/pool';
import type { NodeResult } from '@hivegrad/worker/settle';
import { describe, expect, it } from 'vitest';
import {
  endOf,
  leaves,
  left,
  parameters,
  remoteResult,
  right,
  root,
  rootOf,
  STEPS,
  shardsOf,
  spec,
  straight,
  withPool,
} from './rounds.ts';

describe('a result', () => {
  /** Two threads that compute, and the true results of some nodes of step 0. */
  const withResults = (
    nodes: readonly Node[],
    work: (pool: LocalPool, results: NodeResult[]) => Promise<void>,
    used = spec,
  ) =>
    withPool({ spec: used }, async (pool) => {
      const results = [];
      for (const node of nodes) results.push(await remoteResult(spec, 0, node, pool.weightsBytes(0)));
      await work(pool, results);
    });
  const altered = ({ gradient, ...sums }: NodeResult, change: (values: Float32Array) => void): NodeResult => {
    const values = new Float32Array(gradient.slice().buffer);
    change(values);
    return { ...sums, gradient: values };
  };
  /** The last bit of one value. */
  const lie = (result: NodeResult, at = parameters - 1) =>
    altered(result, (values) => {
      new Uint32Array(values.buffer)[at]! ^= 1;
    });

  it('that is no sum of this network, or not finite, is refused and never kept', () =>
    withResults([left], async (pool, [result]) => {
      const put = (changed: Partial<NodeResult>) => pool.putResult(0, left, { ...result!, ...changed });
      expect(put({ gradient: result!.gradient.subarray(4) })).toBe('wrongLength');
      expect(put({ gradient: new Float32Array(parameters + 1) })).toBe('wrongLength');
      expect([Number.NaN, Infinity, -Infinity].map((lossSum) => put({ lossSum }))).toEqual(
        Array.from({ length: 3 }, () => 'notFinite'),
      );
      expect([-1, 0.5, 57, Number.NaN].map((correct) => put({ correct }))).toEqual(
        Array.from({ length: 4 }, () => 'wrongSums'),
      );
      expect(put({ lossSum: 0.1 })).toBe('wrongSums');
      for (const value of [Number.NaN, Infinity, -Infinity]) {
        for (const at of [0, 1, 2, 3, 512, 513, 2048, parameters - 1]) {
          expect(put(altered(result!, (values) => values.fill(value, at, at + 1)))).toBe('notFinite');
        }
      }
      expect(pool.slotOf(0, left)).toBeUndefined();
      expect(pool.resultBytes(0, left)).toBeUndefined();
      // These were more than there are slots, and none was lost.
      expect(put({})).toBe('stored');
      expect(Buffer.from(pool.resultBytes(0, left)!).equals(result!.gradient as Uint8Array)).toBe(true);
      await pool.computeNodes(0, [{ level: 0, index: 8 }]);
      expect(await pool.closeStep(0)).toMatchObject({ diverged: false });
    }));

  it('that comes twice is compared to the last bit of the gradient, the loss and the count', () =>
    withResults([left], async (pool, [result]) => {
      expect(pool.putResult(0, left, result!)).toBe('stored');
      expect(pool.putResult(0, left, result!)).toBe('equal');
      expect(pool.putResult(0, left, lie(result!))).toBe('different');
      expect(pool.putResult(0, left, lie(result!, 0))).toBe('different');
      expect(pool.putResult(0, left, { ...result!, correct: result!.correct - 1 })).toBe('different');
      expect(pool.putResult(0, left, { ...result!, lossSum: Math.fround(result!.lossSum * 1.001) })).toBe(
        'different',
      );
      expect(pool.putResult(0, { level: 1, index: 2 }, result!)).toBe('covered');
    }));

  it('of a node whose parts are known is compared with their sum, and replaces half of them', () =>
    withResults([left, { level: 2, index: 0 }, { level: 2, index: 1 }], async (pool, [whole, ...halves]) => {
      expect(pool.putResult(0, { level: 2, index: 1 }, halves[1]!)).toBe('stored');
      await pool.computeNodes(0, [{ level: 1, index: 0 }, ...leaves(4).slice(2)]);
      expect(pool.putResult(0, left, lie(whole!))).toBe('different');
      expect(pool.putResult(0, left, whole!)).toBe('equal');
      expect(pool.slotOf(0, left)).toBeUndefined();
      pool.dropResult(0, { level: 0, index: 3 });
      expect(pool.putResult(0, left, whole!)).toBe('stored');
      for (const node of [...leaves(8), { level: 2, index: 1 }, { level: 1, index: 0 }]) {
        expect(pool.slotOf(0, node)).toBeUndefined();
      }
    }));

  it('that local threads compute again is confirmed, or refuted and replaced', () =>
    withResults([left, { level: 0, index: 8 }], async (pool, [whole, last]) => {
      const clean = await withPool({ remoteNodesMax: 0 }, async (other) => {
        await other.runSteps(0, 1);
        return endOf(other, 1);
      });
      expect(pool.putResult(0, left, whole!)).toBe('stored');
      expect(await pool.computeNodes(0, [left])).toMatchObject([
        { node: left, confirmed: [left], refuted: [], covered: false, finite: true, samples: 56 },
      ]);
      expect(pool.putResult(0, left, whole!)).toBe('equal');
      // A part of what is known cannot be compared.
      expect(await pool.computeNodes(0, [{ level: 1, index: 0 }])).toMatchObject([{ covered: true }]);
      pool.dropResult(0, left);
      expect(pool.putResult(0, left, lie(whole!))).toBe('stored');
      expect(pool.putResult(0, { level: 0, index: 8 }, lie(last!))).toBe('stored');
      const audits = await pool.computeNodes(0, [left, { level: 0, index: 8 }]);
      expect(audits.map(({ refuted }) => refuted)).toEqual([[left], [{ level: 0, index: 8 }]]);
      expect(pool.putResult(0, left, whole!)).toBe('equal');
      expect(await pool.closeStep(0)).toMatchObject({ diverged: false });
      expect(endOf(pool, 1)).toEqual(clean);
    }));

  it('that arrives while local threads compute the same samples is compared when they are done', () =>
    withResults(
      [left, { level: 2, index: 0 }, { level: 2, index: 1 }],
      async (pool, [whole, first, second]) => {
        const computing = pool.computeNodes(0, [left]);
        expect(pool.putResult(0, { level: 2, index: 0 }, lie(first!))).toBe('stored');
        expect(pool.putResult(0, { level: 2, index: 1 }, second!)).toBe('stored');
        const [done] = await computing;
        const known = [
          { level: 2, index: 0 },
          { level: 2, index: 1 },
        ];
        expect([...done!.confirmed, ...done!.refuted]).toEqual(expect.arrayContaining(known));
        expect(done!.refuted).toContainEqual(known[0]);
        expect(pool.putResult(0, left, whole!)).toBe('equal');
      },
    ));

  it('of the local threads that is not finite is told, and ends in a step that is not applied', async () => {
    const broken = initialWeights(spec.model, 1);
    broken[7] = Infinity;
    await withPool({}, async (pool) => {
      pool.setVersion(0, broken, new Float32Array(2 * parameters));
      const computed = await pool.computeNodes(0, [left, right]);
      expect(computed.map(({ finite, lossSum }) => [finite, lossSum])).toEqual([
        [false, Number.NaN],
        [false, Number.NaN],
      ]);
      expect(await pool.closeStep(0)).toMatchObject({ diverged: true, samples: 60 });
      // The step can be taken again from other weights.
      pool.setVersion(0, initialWeights(spec.model, 1), new Float32Array(2 * parameters));
      expect((await pool.computeNodes(0, [root]))[0]).toMatchObject({ finite: true });
      expect(await pool.closeStep(0)).toMatchObject({ diverged: false });
    });
  });

  it('whose gradient alone is not finite is told as well', () =>
    withPool({}, async (pool) => {
      const weights = new Float32Array(parameters);
      const [bias, second] = [19 * 90, 20 * 90];
      // A tiny unit and huge weights behind it: the logits are near 0, and their derivatives overflow on the way back.
      weights[bias] = 1e-40;
      for (let unit = 0; unit < 5; unit++) weights[second + unit * 90] = unit === 0 ? -3e38 : 3e38;
      pool.setVersion(0, weights, new Float32Array(2 * parameters));
      const { lossSum } = await remoteResult(spec, 0, left, pool.weightsBytes(0));
      expect(lossSum).toBeGreaterThan(0);
      expect(await pool.computeNodes(0, [left, right])).toMatchObject([
        { finite: false, lossSum: Number.NaN },
        {},
      ]);
      expect(await pool.closeStep(0)).toMatchObject({ diverged: true });
    }));

  // Clipping would hide it.
  const tamed = { ...spec, clipping: { type: 'value' as const, limit: 0.1 } };
  it('that makes the sum overflow ends in a step that is not applied', () =>
    withResults(
      [left, right],
      async (pool, results) => {
        const huge = results.map((result) => altered(result, (values) => values.fill(3e38, 5, 6)));
        expect(pool.putResult(0, left, huge[0]!)).toBe('stored');
        expect(pool.putResult(0, right, huge[1]!)).toBe('stored');
        expect(await pool.closeStep(0)).toMatchObject({ diverged: true });
      },
      tamed,
    ));
});

describe('a step', () => {
  it('is not closed with a gap, and nodes never overlap', () =>
    withPool({}, async (pool) => {
      await expect(pool.closeStep(0)).rejects.toThrow(
        'step 0 has 9 shards, but is closed with the nodes (none)',
      );
      await pool.computeNodes(0, [{ level: 2, index: 0 }, ...leaves(7).slice(4), right]);
      await expect(pool.closeStep(0)).rejects.toThrow(
        /^step 0 has 9 shards, but is closed with the nodes 0\/0, 0\/1, .*, 0\/6, 0\/8$/,
      );
      await pool.computeNodes(0, [left]);
      expect(await pool.closeStep(0)).toMatchObject({ samples: 60, diverged: false });
    }));

  it('has no other nodes than those of its tree, and no other step or runSteps meanwhile', () =>
    withPool({}, async (pool) => {
      for (const node of [
        { level: 0, index: 9 },
        { level: 5, index: 0 },
        { level: 3, index: 2 },
        { level: -1, index: 0 },
        { level: 0, index: 0.5 },
      ]) {
        await expect(pool.computeNodes(0, [node])).rejects.toThrow(RangeError);
        expect(() => pool.slotOf(0, node)).toThrow(RangeError);
      }
      await pool.computeNodes(0, [root]);
      await expect(pool.computeNodes(1, [root])).rejects.toThrow('step 0 is open, not step 1');
      await expect(pool.runSteps(0, 1)).rejects.toThrow('step 0 is open');
      expect(pool.openStep()).toBe(0);
      await pool.abandonStep();
      expect(pool.openStep()).toBeUndefined();
      expect(await pool.runSteps(0, 1)).toMatchObject({ at: 1 });
    }));

  it('that is abandoned leaves nothing behind, whatever was under way', async () => {
    const expected = await straight();
    const sums = await withPool({ threads: 3 }, async (pool) => {
      const sums = [];
      for (let step = 0; step < STEPS; step++) {
        const waiting = [pool.computeNodes(step, leaves(2)), pool.computeNodes(step, [rootOf(step)])];
        const abandoned = pool.abandonStep();
        await expect(pool.computeNodes(step, leaves(1))).rejects.toThrow('is being abandoned');
        await abandoned;
        await Promise.all(waiting);
        await pool.computeNodes(step, leaves(shardsOf(step)));
        const { diverged: _, ...closed } = await pool.closeStep(step);
        sums.push(closed);
      }
      return { sums, ...endOf(pool, STEPS) };
    });
    expect(sums).toEqual(expected);
  });

  it('holds so many nodes as were planned for, and says so where it is asked for more', () =>
    withPool(
      { spec: { ...spec, batchSize: 250, shardSize: 2 }, threads: 1, remoteNodesMax: 1 },
      async (pool) => {
        // The root, and all that may lie beside one leaf that is remote.
        expect(pool.layout.round!.nodesMax).toBe(1 + 8);
        await expect(pool.computeNodes(0, leaves(10))).rejects.toThrow('a round keeps at most 9 nodes');
      },
    ));

  it('is refused by a pool without room for remote nodes', () =>
    withPool({ remoteNodesMax: 0 }, async (pool) => {
      expect(() => pool.computeNodes(0, [root])).toThrow('opened without remoteNodesMax');
      expect(pool.layout.round).toBeUndefined();
      await pool.abandonStep();
    }));
});
