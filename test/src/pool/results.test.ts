/** Sums in the pool: refused where they are none, compared to the last bit, and in a step if its caller names them. */

import { initialWeights } from '@hivegrad/shared/model/initialise';
import type { Node } from '@hivegrad/shared/reduce/tree';
import { nodesOfBatch } from '@hivegrad/worker/layout';
import type { LocalPool } from '@hivegrad/worker/pool';
import type { NodeResult } from '@hivegrad/worker/round';
import { describe, expect, it } from 'vitest';
import { clouds } from '../support/datasets.ts';
import {
  computed,
  endOf,
  leaves,
  left,
  parameters,
  remoteResult,
  right,
  root,
  spec,
  withPool,
} from './rounds.ts';

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
const halves: Node[] = [
  { level: 2, index: 0 },
  { level: 2, index: 1 },
];
/** What runSteps makes of step 0. */
const clean = (used = spec) =>
  withPool({ spec: used, rounds: undefined }, async (pool) => {
    await pool.runSteps(0, 1);
    return endOf(pool, 1);
  });

describe('a sum that is put', () => {
  it('is refused and takes no room where it is not finite or nobody can have computed it', () =>
    withResults([left], async (pool, [result]) => {
      const put = (changed: Partial<NodeResult>) => pool.putSum(0, left, { ...result!, ...changed });
      const room = pool.roomForSums();
      expect(() => put({ gradient: result!.gradient.subarray(4) })).toThrow(RangeError);
      expect(() => put({ gradient: new Float32Array(parameters + 1) })).toThrow(RangeError);
      for (const lossSum of [Number.NaN, Infinity, -Infinity, 0.1]) expect(put({ lossSum })).toBeUndefined();
      for (const correct of [-1, 0.5, 57, Number.NaN]) expect(put({ correct })).toBeUndefined();
      for (const value of [Number.NaN, Infinity, -Infinity]) {
        for (const at of [0, 1, 2, 3, 512, 513, 2048, parameters - 1]) {
          expect(put(altered(result!, (values) => values.fill(value, at, at + 1)))).toBeUndefined();
        }
      }
      expect(pool.roomForSums()).toBe(room);
      expect(put({ correct: 56 })).toBeTypeOf('number');
      expect(pool.roomForSums()).toBe(room - 1);
    }));

  it('is kept to the byte, with its node, loss and count', () =>
    withResults([left, right], async (pool, [result, last]) => {
      const [sum, other] = [pool.putSum(0, left, result!)!, pool.putSum(0, right, last!)!];
      expect(pool.sumOf(sum)).toEqual({
        node: left,
        lossSum: result!.lossSum,
        correct: result!.correct,
        bytes: expect.any(Uint8Array),
      });
      expect(Buffer.from(pool.sumOf(sum).bytes!).equals(result!.gradient as Uint8Array)).toBe(true);
      expect(Buffer.from(pool.sumOf(other).bytes!).equals(last!.gradient as Uint8Array)).toBe(true);
      pool.releaseSum(sum);
      expect(() => pool.sumOf(sum)).toThrow(`the round has no sum ${sum}`);
      expect(() => pool.releaseSum(sum)).toThrow(`the round has no sum ${sum}`);
    }));
});

describe('sums', () => {
  it('for the same node are compared to the last bit of the gradient, the loss and the count', () =>
    withResults([left], async (pool, [result]) => {
      const known = pool.putSum(0, left, result!)!;
      const isEqual = (changed: NodeResult): boolean => {
        const sum = pool.putSum(0, left, changed)!;
        const both = [pool.compareSums(left, [known], [sum]), pool.compareSums(left, [sum], [known])];
        pool.releaseSum(sum);
        expect(both[0]).toBe(both[1]);
        return both[0]!;
      };
      expect(isEqual(result!)).toBe(true);
      for (const at of [0, 511, 512, 2047, 2048, parameters - 1])
        expect(isEqual(lie(result!, at))).toBe(false);
      expect(isEqual({ ...result!, correct: result!.correct - 1 })).toBe(false);
      expect(isEqual({ ...result!, lossSum: Math.fround(result!.lossSum * 1.000_000_2) })).toBe(false);
    }));

  it('of parts are compared with the whole and with other parts, whoever computed them', () =>
    withResults([left, ...halves], async (pool, [whole, ...parts]) => {
      const one = pool.putSum(0, left, whole!)!;
      const two = halves.map((node, i) => pool.putSum(0, node, parts[i]!)!);
      const many = await computed(pool, 0, [...leaves(8)].reverse());
      const mixed = [two[1]!, ...many.slice(4)];
      const lists = [[one], two, many, mixed];
      for (const list of lists) {
        for (const other of lists) expect(pool.compareSums(left, list, other)).toBe(true);
      }
      const lying = pool.putSum(0, halves[0]!, lie(parts[0]!, 2100))!;
      for (const list of lists) expect(pool.compareSums(left, [lying, two[1]!], list)).toBe(false);
      const loss = Math.fround(parts[1]!.lossSum + 1);
      const boasting = pool.putSum(0, halves[1]!, { ...parts[1]!, lossSum: loss })!;
      for (const list of lists) expect(pool.compareSums(left, list, [two[0]!, boasting])).toBe(false);
    }));

  it('are not compared where they leave a gap, overlap or are not there', () =>
    withResults([left, ...halves], async (pool, [whole, ...parts]) => {
      expect(() => pool.compareSums(left, [], [])).toThrow('no step is open');
      const one = pool.putSum(0, left, whole!)!;
      const two = halves.map((node, i) => pool.putSum(0, node, parts[i]!)!);
      for (const wrong of [[], two.slice(1), [two[0]!, two[0]!], [one, two[0]!]]) {
        expect(() => pool.compareSums(left, [one], wrong)).toThrow('node 3/0 of 9 shards is not made up of ');
        expect(() => pool.compareSums(left, wrong, [one])).toThrow('node 3/0 of 9 shards is not made up of ');
      }
      expect(() => pool.compareSums(root, [one], [one])).toThrow(
        'node 4/0 of 9 shards is not made up of 3/0',
      );
      expect(() => pool.compareSums({ level: 5, index: 0 }, [one], [one])).toThrow(RangeError);
      expect(() => pool.compareSums(left, [one], [99])).toThrow('the round has no sum 99');
    }));

  it('that threads compute of a large node in parts are those of a worker that computes it in one piece', async () => {
    // 36 shards, of which threads compute four at a time.
    const used = { ...spec, batchSize: 250 };
    const part = { level: 2, index: 1 };
    // All, eight shards, the last four, which are one part alone, and what is a part itself.
    const nodes = [{ level: 6, index: 0 }, { level: 3, index: 1 }, { level: 4, index: 2 }, part];
    for (const threads of [1, 3]) {
      await withPool({ threads, spec: used }, async (pool) => {
        expect(nodesOfBatch(250, 7, threads).level).toBe(2);
        const local = await pool.computeNodes(0, nodes);
        for (const [i, node] of nodes.entries()) {
          const whole = await remoteResult(used, 0, node, pool.weightsBytes(0));
          const { lossSum, correct } = whole;
          const { sum, samples, ...told } = local[i]!;
          expect(told).toEqual({ node, lossSum, correct });
          expect(samples).toBe([250, 56, 26, 28][i]);
          expect(pool.sumOf(sum!)).toMatchObject({ node, lossSum, correct });
          expect(pool.sumOf(sum!).bytes === undefined).toBe(i < 2);
          const [truth, lying] = [whole, lie(whole)].map((result) => pool.putSum(0, node, result)!);
          expect(pool.compareSums(node, [sum!], [truth!])).toBe(true);
          expect(pool.compareSums(node, [sum!], [lying!])).toBe(false);
        }
      });
    }
  });

  it('are audited one after the other while others are computed and put', () =>
    withResults([left, right, left], async (pool, [first, second]) => {
      const liar = pool.putSum(0, left, lie(first!))!;
      const honest = pool.putSum(0, right, second!)!;
      const judged = async (node: Node, sum: number) => {
        const [audit] = await computed(pool, 0, [node]);
        const equal = pool.compareSums(node, [sum], [audit!]);
        pool.releaseSum(audit!);
        return equal;
      };
      const audits = Array.from({ length: 12 }, (_, i) =>
        i % 2 === 0 ? judged(left, liar) : judged(right, honest),
      );
      const computing = computed(pool, 0, leaves(8));
      pool.putSum(0, left, first!);
      expect(await Promise.all(audits)).toEqual(audits.map((_, i) => i % 2 === 1));
      await pool.closeStep(0, [honest, ...(await computing)]);
      expect(endOf(pool, 1)).toEqual(await clean());
    }));

  it('enter the step if the caller names them, and only then', () =>
    withResults([left, right], async (pool, [first, second]) => {
      const truth = pool.putSum(0, left, first!)!;
      pool.putSum(0, left, lie(first!));
      pool.putSum(0, halves[1]!, lie(first!));
      const last = pool.putSum(0, right, second!)!;
      expect(await pool.closeStep(0, [last, truth])).toMatchObject({ diverged: false, samples: 60 });
      expect(endOf(pool, 1)).toEqual(await clean());
      await withPool({}, async (other) => {
        const big = altered(first!, (values) => values.fill(1, 0, 40));
        const sums = [other.putSum(0, left, big)!, other.putSum(0, right, second!)!];
        expect(await other.closeStep(0, sums)).toMatchObject({ diverged: false });
        expect(endOf(other, 1)).not.toEqual(await clean());
      });
    }));
});

describe('a sum that is not finite', () => {
  const broken = () => {
    const weights = initialWeights(spec.model, 1);
    weights[7] = Infinity;
    return weights;
  };
  const state = new Float32Array(2 * parameters);

  it('of the local threads is told and not kept, and the step can be taken again from other weights', () =>
    withPool({}, async (pool) => {
      pool.setVersion(0, broken(), state);
      // More often than there is room for.
      for (let i = 0; i < 8; i++) {
        for (const { sum, lossSum } of await pool.computeNodes(0, [left, right, ...leaves(4)])) {
          expect([sum, lossSum]).toEqual([undefined, Number.NaN]);
        }
      }
      await pool.abandonStep();
      pool.setVersion(0, initialWeights(spec.model, spec.seed), state);
      await pool.closeStep(0, await computed(pool, 0, [root]));
      expect(endOf(pool, 1)).toEqual(await clean());
    }));

  it('in its gradient alone is told as well', () =>
    withPool({}, async (pool) => {
      const weights = new Float32Array(parameters);
      const [bias, second] = [19 * 90, 20 * 90];
      // A tiny unit and huge weights behind it: the logits are near 0, and their derivatives overflow on the way back.
      weights[bias] = 1e-40;
      for (let unit = 0; unit < 5; unit++) weights[second + unit * 90] = unit === 0 ? -3e38 : 3e38;
      pool.setVersion(0, weights, state);
      const { lossSum } = await remoteResult(spec, 0, left, pool.weightsBytes(0));
      expect(lossSum).toBeGreaterThan(0);
      expect((await pool.computeNodes(0, [left]))[0]).toMatchObject({ sum: undefined });
    }));

  it('though all of its parts are is told, as a worker that computes it in one piece would', async () => {
    const data = clouds(1, { samples: 250, width: 19, classes: 5, bytes: true });
    const targets = { ...data.targets, rows: new SharedArrayBuffer(250 * 4) };
    const layers = spec.model.layers.filter(({ type }) => type === 'dense');
    const used = { ...spec, model: { ...spec.model, layers } };
    // Threads compute leaves. All samples pull one unit in one direction, with 8e36 each.
    await withPool({ spec: used, parts: { train: { ...data, targets } } }, async (pool) => {
      const weights = new Float32Array(parameters);
      [weights[19 * 90], weights[20 * 90]] = [1e-40, -1e37];
      pool.setVersion(0, weights, state);
      const above = await pool.computeNodes(0, [halves[0]!, left, root]);
      expect(above.map(({ sum }) => sum === undefined)).toEqual([false, true, true]);
      for (const { lossSum } of above) expect(lossSum).toBeGreaterThan(0);
      const sums = await computed(pool, 0, leaves(9));
      for (const sum of sums) expect(sum).toBeTypeOf('number');
      expect(await pool.closeStep(0, sums)).toMatchObject({ diverged: true });
      expect(await pool.runSteps(0, 1)).toMatchObject({ at: 0, diverged: true });
    });
  });

  // Clipping by the norm would hide it.
  const tamed = { ...spec, clipping: { type: 'value', limit: 0.1 } } as const;
  it('when it is added to others ends in a step that is not applied, and can be taken again', () =>
    withResults(
      [left, right],
      async (pool, results) => {
        for (const change of [
          (result: NodeResult) => altered(result, (values) => values.fill(3e38, 5, 6)),
          (result: NodeResult) => ({ ...result, lossSum: Math.fround(3e38) }),
        ]) {
          const sums = [left, right].map((node, i) => pool.putSum(0, node, change(results[i]!))!);
          expect(await pool.closeStep(0, sums)).toMatchObject({ diverged: true });
        }
        await pool.closeStep(0, await computed(pool, 0, [root]));
        expect(endOf(pool, 1)).toEqual(await clean(tamed));
      },
      tamed,
    ));
});
