/** The life of a step in a round: how it opens, closes and is abandoned, the room that it has, and what it refuses. */

import { describe, expect, it } from 'vitest';
import {
  computed,
  endOf,
  leaves,
  left,
  received,
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

describe('a step', () => {
  it('is closed with sums that make it up and no others, and stays open where it is not', () =>
    withPool({}, async (pool) => {
      await expect(pool.closeStep(0, [])).rejects.toThrow('step 0 is not open');
      const [half, last, ...rest] = await computed(pool, 0, [
        { level: 2, index: 0 },
        right,
        ...leaves(8).slice(4),
      ]);
      const close = (...sums: number[]) => pool.closeStep(0, sums);
      await expect(close()).rejects.toThrow('node 4/0 of 9 shards is not made up of (none)');
      await expect(close(half!, last!, ...rest.slice(1))).rejects.toThrow(
        'node 4/0 of 9 shards is not made up of 0/0, 0/1, 0/2, 0/3, 0/8, 0/5, 0/6, 0/7',
      );
      await expect(close(half!, last!, ...rest, rest[0]!)).rejects.toThrow('is not made up of');
      await expect(close(half!, last!, ...rest, 99)).rejects.toThrow('the round has no sum 99');
      expect(await close(half!, last!, ...rest)).toMatchObject({ samples: 60, diverged: false });
      expect(pool.openStep()).toBeUndefined();
    }));

  it('has no other nodes than those of its tree, and no other step or runSteps meanwhile', () =>
    withPool({}, async (pool) => {
      const result = await remoteResult(spec, 0, left, pool.weightsBytes(0));
      for (const node of [
        { level: 0, index: 9 },
        { level: 5, index: 0 },
        { level: 3, index: 2 },
        { level: 0, index: -1 },
        { level: -31, index: 0 },
        { level: 0, index: 0.5 },
      ]) {
        await expect(pool.computeNodes(0, [node])).rejects.toThrow(RangeError);
        expect(() => pool.putSum(0, node, result)).toThrow(RangeError);
      }
      await computed(pool, 0, [root]);
      await expect(pool.computeNodes(1, [root])).rejects.toThrow('step 0 is open, not step 1');
      expect(() => pool.putSum(1, left, result)).toThrow('step 0 is open, not step 1');
      await expect(pool.closeStep(1, [])).rejects.toThrow('step 1 is not open');
      await expect(pool.runSteps(0, 1)).rejects.toThrow('step 0 is open');
      expect(pool.openStep()).toBe(0);
      await pool.abandonStep();
      expect(pool.openStep()).toBeUndefined();
      expect(await pool.runSteps(0, 1)).toMatchObject({ at: 1 });
    }));

  it('that was closed is not opened again, and its sums are no error any more', () =>
    withPool({}, async (pool) => {
      const late = await remoteResult(spec, 0, left, pool.weightsBytes(0));
      const sums = await computed(pool, 0, [left, right]);
      const closing = pool.closeStep(0, sums);
      // What arrives while the threads close it goes the way of all others.
      const during = pool.putSum(0, left, late)!;
      expect(await closing).toMatchObject({ diverged: false });
      for (const sum of [...sums, during]) pool.releaseSum(sum);
      expect(() => pool.putSum(0, left, late)).toThrow('step 0 was closed');
      await expect(pool.computeNodes(0, [left])).rejects.toThrow('step 0 was closed');
      expect(pool.openStep()).toBeUndefined();
      const [next] = await computed(pool, 1, [root]);
      for (const sum of [...sums, during]) pool.releaseSum(sum);
      expect([...sums, during]).not.toContain(next);
      expect(await pool.closeStep(1, [next!])).toMatchObject({ diverged: false });
    }));

  it('that is closing keeps the sums that it consists of, and computes no more', () =>
    withPool({}, async (pool) => {
      const [sum] = await computed(pool, 0, [root]);
      const closing = pool.closeStep(0, [sum!]);
      const again = pool.closeStep(0, [sum!]);
      // More than there is room for.
      const late = Array.from({ length: 4 }, () => pool.computeNodes(0, [root]));
      const refused = expect(again).rejects.toThrow('step 0 is over');
      await Promise.resolve();
      expect(() => pool.releaseSum(sum!)).toThrow(`the round has no sum ${sum}`);
      expect(await closing).toMatchObject({ diverged: false });
      await refused;
      expect(await Promise.all(late)).toEqual([[], [], [], []]);
    }));

  it('that is abandoned before its turn to be closed is not closed', () =>
    withPool({}, async (pool) => {
      const sums = await computed(pool, 0, [root]);
      const refused = expect(pool.closeStep(0, sums)).rejects.toThrow('step 0 is over');
      await Promise.all([pool.abandonStep(), refused]);
      expect(await pool.runSteps(0, 1)).toMatchObject({ at: 1 });
    }));

  it('that is abandoned while threads compute it has nothing to show for it', () =>
    withPool({}, async (pool) => {
      const computing = pool.computeNodes(0, [root]);
      // The threads begin before the event loop turns, and it has to turn before they can be seen to have finished.
      for (let i = 0; i < 100; i++) await Promise.resolve();
      await pool.abandonStep();
      expect(await computing).toEqual([]);
    }));

  it('that is abandoned leaves nothing behind, whatever was under way', async () => {
    const expected = await straight();
    const end = await withPool({ threads: 3 }, async (pool) => {
      const closed = [];
      for (let step = 0; step < STEPS; step++) {
        await received(pool, step, rootOf(step));
        const waiting = [pool.computeNodes(step, leaves(2)), pool.computeNodes(step, [rootOf(step)])];
        const abandoned = pool.abandonStep();
        await expect(pool.computeNodes(step, leaves(1))).rejects.toThrow('is being abandoned');
        await abandoned;
        expect(await Promise.all(waiting)).toEqual([[], []]);
        const { diverged: _, ...sums } = await pool.closeStep(
          step,
          await computed(pool, step, leaves(shardsOf(step))),
        );
        closed.push(sums);
      }
      return { sums: closed, ...endOf(pool, STEPS) };
    });
    expect(end).toEqual(expected);
  });

  it('may compute nothing', () =>
    withPool({}, async (pool) => {
      expect(await pool.computeNodes(0, [])).toEqual([]);
      expect(pool.openStep()).toBe(0);
    }));
});

describe('the room of a step', () => {
  it('is enough for what it consists of and the spares, says how much is left, and comes back', () =>
    withPool({ rounds: { nodesMax: 3, sparesMax: 2 } }, async (pool) => {
      const result = await remoteResult(spec, 0, left, pool.weightsBytes(0));
      for (let step = 0; step < 2; step++) {
        const put = [];
        while (pool.roomForSums() > 0) put.push(pool.putSum(0, left, result)!);
        expect(put).toHaveLength(3 + 2 + 2);
        expect(() => pool.putSum(0, left, result)).toThrow('there is room for 7 sums of remote workers');
        pool.releaseSum(put[3]!);
        expect(pool.putSum(0, left, result)).toBeTypeOf('number');
        // Local threads have room of their own: for the nine leaves of a step, those of an audit, and of another one.
        await computed(pool, 0, [left, right]);
        const audits = [...(await computed(pool, 0, [root])), ...(await computed(pool, 0, [left]))];
        await expect(pool.computeNodes(0, leaves(2))).rejects.toThrow(
          'there is room for 1 more nodes of the local threads, not for 2',
        );
        for (const audit of audits) pool.releaseSum(audit);
        expect(await computed(pool, 0, [root])).toHaveLength(1);
        await pool.abandonStep();
      }
    }));

  it('is none in a pool that keeps none', () =>
    withPool({ rounds: undefined }, async (pool) => {
      expect(() => pool.computeNodes(0, [root])).toThrow('opened without rounds');
      expect(() => pool.releaseSum(0)).toThrow('opened without rounds');
      expect(pool.layout.round).toBeUndefined();
      await pool.abandonStep();
    }));
});
