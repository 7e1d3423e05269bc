import { describe, expect, it } from 'vitest';
import type { Candidate } from './schedule.ts';
import { planNodes } from './schedule.ts';
import { leaseMs, newSpeed, observe } from './speed.ts';
import { nodeOf, treeOf } from './tree.ts';

const worker = (id: number, startMs: number | undefined, perUnitMs: number, unitsMax = 1e6): Candidate => ({
  worker: id,
  startMs,
  perUnitMs,
  unitsMax,
});

function planned(
  units: number,
  candidates: readonly Candidate[],
  { localMs, always = false }: { localMs?: number; always?: boolean },
) {
  const tree = treeOf(units, units);
  const free = [1];
  const local = localMs === undefined ? undefined : { startMs: 0, perUnitMs: localMs };
  const { assignments, notUseful } = planNodes({ tree, free }, candidates, { local, always });
  const name = (key: number) => `${nodeOf(tree, key).level}/${nodeOf(tree, key).index}`;
  const given = Object.fromEntries(assignments.map(({ worker: id, keys }) => [id, keys.map(name)]));
  return { given, notUseful, left: free.map(name) };
}

describe('nodes are given so that all finish together', () => {
  it('one high node each where that is within a tenth of the ideal', () => {
    expect(planned(32, [worker(1, 1, 1), worker(2, 1, 1)], {}).given).toEqual({ 1: ['4/0'], 2: ['4/1'] });
    // Ten local shards and one of thirty: the ideal is 24 and 8.
    expect(planned(32, [worker(1, 0.1, 3)], { localMs: 1 })).toEqual({
      given: { 1: ['3/0'] },
      left: ['3/1', '4/1'],
      notUseful: [],
    });
  });

  it('more nodes where one would leave too much to the others', () => {
    const { given, left } = planned(
      32,
      [1, 2, 3].map((id) => worker(id, 0, 1)),
      {},
    );
    const units = Object.values(given).map((nodes) =>
      nodes.reduce((sum, node) => sum + (1 << Number(node.split('/')[0])), 0),
    );
    expect(left).toEqual([]);
    expect(units.sort()).toEqual([10, 11, 11]);
    expect(Object.values(given).every((nodes) => nodes.length <= 3)).toBe(true);
  });

  it('nothing to a worker that would come after the others are done, but one each with "always"', () => {
    const slow = worker(9, 100, 1);
    expect(planned(8, [slow], { localMs: 1 })).toEqual({ given: {}, left: ['3/0'], notUseful: [9] });
    expect(planned(8, [slow], { localMs: 1, always: true }).given).toEqual({ 9: ['0/0'] });
    expect(planned(8, [slow, worker(1, 1, 1)], {}).notUseful).toEqual([9]);
    expect(
      planned(
        3,
        [1, 2, 3, 4].map((id) => worker(id, 0, id)),
        { always: true },
      ).given,
    ).toEqual({
      1: ['0/0'],
      2: ['0/1'],
      // The lone shard at the end is a node of each level up to its left sibling.
      3: ['1/1'],
    });
  });

  it('one unit to a worker that nothing is known of, and no more than ever was tried to a new one', () => {
    expect(planned(8, [worker(1, undefined, 0, 1), worker(2, 0, 1)], {}).given).toMatchObject({ 1: ['0/0'] });
    expect(planned(8, [worker(1, 0, 1, 2)], {}).given[1]!.slice(0, 1)).toEqual(['1/0']);
  });
});

describe('a lease lasts', () => {
  it('a fixed time for a newcomer, and then by the own history of the worker', () => {
    const speed = newSpeed();
    expect(leaseMs(speed, 1)).toBe(5000);
    const shards = 4;
    for (const durationMs of [100, 100, 102, 98, 100]) {
      observe(speed, { durationMs, computeMs: durationMs * 0.8, shards, whole: true });
    }
    // 20 ms of exchange and 20 ms a shard; the deviation is zero, so half as long again and 50 ms.
    expect(leaseMs(speed, 4)).toBeCloseTo(200, 6);
    expect(leaseMs(speed, 8)).toBeCloseTo(320, 6);
  });

  it('never more than twice the median and 100 ms, however much the durations vary', () => {
    const speed = newSpeed();
    for (const durationMs of [1, 1, 100, 199, 199]) {
      observe(speed, { durationMs, computeMs: durationMs, shards: 1, whole: true });
    }
    expect(leaseMs(speed, 1)).toBe(2 * 100 + 100);
  });

  it('no time that a worker makes up: what it says it computed only splits the duration', () => {
    const speed = newSpeed();
    observe(speed, { durationMs: 100, computeMs: 1e9, shards: 1, whole: true });
    expect(speed.estimate).toMatchObject({ exchangeMs: 0, perShardMs: 100 });
  });

  it('what its exchange adds only where the worker had nothing else to do meanwhile', () => {
    const speed = newSpeed();
    observe(speed, { durationMs: 100, computeMs: 40, shards: 1, whole: true });
    for (let i = 0; i < 4; i++) observe(speed, { durationMs: 45, computeMs: 40, shards: 1, whole: false });
    expect(speed.estimate).toMatchObject({ exchangeMs: 60, perShardMs: 40 });
  });
});
