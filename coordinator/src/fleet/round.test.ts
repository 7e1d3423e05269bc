import { describe, expect, it } from 'vitest';
import { wakeAtMs } from './fleet.ts';
import { at, Play } from './play.test.support.ts';

describe('a step', () => {
  it('is given to a worker with its weights, and closes with what came back, from left to right', () => {
    const play = new Play();
    play.join(7);
    play.begin(0, 2);
    expect(play.last).toEqual([
      { type: 'sendWeights', worker: 7, version: 0 },
      { type: 'assign', worker: 7, step: 0, node: at(0, 0), leaseMs: 5000 },
    ]);
    const left = play.result(7, at(0, 0));
    expect(play.last.map(({ type }) => type)).toEqual(['accept', 'assign']);
    const right = play.result(7, at(0, 1));
    expect(play.one('close')).toEqual({
      type: 'close',
      step: 0,
      cover: [
        { node: at(0, 0), handle: left },
        { node: at(0, 1), handle: right },
      ],
    });
  });

  it('gives a newcomer one shard, and more and more as it answers', () => {
    const play = new Play();
    play.join(1);
    play.begin(0, 64);
    const levels: number[] = [];
    while (play.fleet.round !== undefined) {
      const given = play.all('assign');
      levels.push(given[0]!.node.level);
      for (const { node } of given) play.result(1, node, { ms: 2 << node.level });
    }
    expect(levels[0]).toBe(0);
    expect(Math.max(...levels)).toBeGreaterThanOrEqual(4);
  });

  it('never gives out more nodes than it may consist of', () => {
    const play = new Play({ localThreads: 2, nodesMax: 4 });
    play.begin(0, 100);
    const nodes: number[] = [];
    while (play.fleet.round !== undefined) {
      const local = play.one('computeLocal').nodes;
      nodes.push(...local.map(({ level }) => level));
      play.localDone(local);
    }
    expect(nodes.length).toBeLessThanOrEqual(4);
    expect(Math.min(...nodes)).toBeGreaterThanOrEqual(5);
  });

  it('waits once, without being asked again, while nobody is there', () => {
    const play = new Play();
    expect(play.begin(0, 4)).toEqual([{ type: 'wait', step: 0 }]);
    expect(play.does({ type: 'tick' }, 1000)).toEqual([]);
    expect(wakeAtMs(play.fleet, play.nowMs)).toBeUndefined();
    play.join(1);
    expect(play.given(1)).toEqual(['0/0']);
    play.does({ type: 'left', worker: 1 });
    expect(play.last).toEqual([{ type: 'wait', step: 0 }]);
  });

  it('that is given up releases all it held, and what comes later', () => {
    const play = new Play({ localThreads: 1 });
    play.join(1);
    play.begin(0, 2);
    const handle = play.result(1, at(0, 0));
    expect(play.does({ type: 'abandon' })).toContainEqual({ type: 'release', handle });
    const [late] = play.localDone([at(0, 1)]);
    expect(play.last).toEqual([{ type: 'release', handle: late }]);
    expect(play.begin(1, 1)).toContainEqual(expect.objectContaining({ type: 'assign', worker: 1, step: 1 }));
  });
});

describe('a lease', () => {
  it('that is late is cut and given to somebody who is idle, no later than three medians and 200 ms', () => {
    const play = new Play();
    for (const worker of [1, 2]) play.join(worker);
    play.begin(0, 2);
    for (const worker of [1, 2]) play.result(worker, at(0, worker - 1), { ms: 100 });
    play.begin(1, 8);
    const [mine] = play.given(1);
    expect(mine).toBe('2/0');
    for (const { worker, node } of play.all('assign')) if (worker === 2) play.result(2, node, { ms: 250 });
    const medianMs = 4 * 100;
    const dueMs = wakeAtMs(play.fleet, play.nowMs)!;
    expect(dueMs - (play.nowMs - 250)).toBeLessThanOrEqual(3 * medianMs + 200);
    play.does({ type: 'tick' }, dueMs - play.nowMs);
    expect(play.given(2)).toEqual(['1/0', '1/1']);
  });

  it('forgets nothing when it ends: the late answer replaces the pieces, and they are compared', () => {
    const play = new Play();
    for (const worker of [1, 2]) play.join(worker);
    play.measure(1, 0, 100);
    play.measure(2, 1, 100);
    play.begin(2, 4);
    const [first] = play.all('assign').filter(({ worker }) => worker === 1);
    expect(first!.node).toEqual(at(1, 0));
    play.result(2, at(1, 1), { ms: 150 });
    play.does({ type: 'tick' }, 10_000);
    expect(play.given(2)).toEqual(['0/0', '0/1']);
    const left = play.result(2, at(0, 0));
    const whole = play.result(1, at(1, 0));
    expect(play.one('accept')).toMatchObject({ node: at(1, 0), handle: whole, worker: 1 });
    expect(play.one('cancel')).toMatchObject({ worker: 2, node: at(0, 1) });
    expect(play.one('close').cover.map(({ node }) => node)).toEqual([at(1, 0), at(1, 1)]);
    expect(play.all('release')).toEqual([{ type: 'release', handle: left }]);
  });

  it('dies with its worker, whose node is given to others in halves in the same step', () => {
    const play = new Play();
    for (const worker of [1, 2]) play.join(worker);
    play.measure(1, 0, 100);
    play.measure(2, 1, 100);
    play.begin(2, 4);
    play.result(2, at(1, 1));
    play.does({ type: 'left', worker: 1 });
    expect(play.given(2)).toEqual(['0/0', '0/1']);
  });

  it('is given back whole by a worker that pauses, and a draining one keeps it', () => {
    const play = new Play();
    play.join(1);
    play.measure(1, 0, 100);
    play.begin(1, 2);
    expect(play.given(1)).toEqual(['1/0']);
    play.does({ type: 'paused', worker: 1 });
    expect(play.last).toEqual([{ type: 'wait', step: 1 }]);
    play.does({ type: 'resumed', worker: 1 });
    expect(play.given(1)).toEqual(['1/0']);
    play.does({ type: 'draining', worker: 1 });
    play.result(1, at(1, 0));
    play.one('close');
    expect(play.begin(2, 2)).toEqual([{ type: 'wait', step: 2 }]);
  });

  it('goes on with the rows that its worker lacked, a few times, and then goes to somebody else', () => {
    const play = new Play();
    for (const worker of [1, 2]) play.join(worker);
    play.begin(0, 2);
    play.result(2, at(0, 1));
    for (let i = 0; i < 3; i++) {
      play.does({ type: 'missing', worker: 1, step: 0, node: at(0, 0) });
      expect(play.given(1)).toEqual(['0/0']);
    }
    play.does({ type: 'missing', worker: 1, step: 0, node: at(0, 0) });
    expect([play.given(1), play.given(2)]).toEqual([[], ['0/0']]);
  });

  it('goes to a newcomer rather than to somebody who was silent', () => {
    const play = new Play();
    for (const worker of [1, 2]) play.join(worker);
    play.begin(0, 1);
    expect(play.given(1)).toEqual(['0/0']);
    play.does({ type: 'tick' }, 5000);
    expect([play.given(1), play.given(2)]).toEqual([[], ['0/0']]);
  });

  it('of somebody who was silent again and again ends soon when somebody else comes', () => {
    const play = new Play();
    play.join(1);
    play.begin(0, 1);
    for (const lateMs of [5_000, 10_000, 20_000, 40_000]) play.does({ type: 'tick' }, lateMs);
    expect(play.given(1)).toEqual(['0/0']);
    play.join(2);
    expect(play.given(2)).toEqual([]);
    play.does({ type: 'tick' }, 5_000);
    expect([play.given(1), play.given(2)]).toEqual([[], ['0/0']]);
  });

  it('ends with the connection, also where the end of that was never noticed', () => {
    const play = new Play();
    play.join(1);
    play.begin(0, 1);
    play.join(1);
    expect(play.last.map(({ type }) => type)).toEqual(['sendWeights', 'assign']);
  });

  it('is not given to whoever owes too many answers, until that is forgiven', () => {
    const play = new Play();
    play.join(1);
    const owe = () => {
      play.fleet.workers.get(1)!.unanswered = 32;
    };
    owe();
    play.begin(0, 2);
    expect(play.given(1)).toEqual(['0/0']);
    play.does({ type: 'paused', worker: 1 });
    owe();
    play.does({ type: 'resumed', worker: 1 });
    expect(play.given(1)).toEqual(['0/0']);
    owe();
    play.result(1, at(0, 0));
    play.fleet.workers.get(1)!.unanswered = 32;
    play.does({ type: 'tick' });
    expect(play.given(1)).toEqual([]);
  });
});

describe('an answer', () => {
  it('for another step or a node that was never given is refused with its code, and released', () => {
    const play = new Play();
    play.join(1);
    play.measure(1, 0, 10);
    play.begin(1, 4);
    for (const [code, step, node] of [
      ['STALE', 0, at(0, 0)],
      ['FUTURE', 2, at(0, 0)],
      ['NEVER_LEASED', 1, at(0, 3)],
      ['NEVER_LEASED', 1, at(17, 0)],
    ] as const) {
      const handle = play.result(1, node, { step });
      expect(play.last).toEqual([
        { type: 'reject', worker: 1, code, step, node },
        { type: 'release', handle },
      ]);
    }
  });

  it('that comes twice is counted once, and the second is compared with the first', () => {
    const play = new Play();
    play.join(1);
    play.begin(0, 2);
    const first = play.result(1, at(0, 0));
    const second = play.result(1, at(0, 0));
    const { check, left, right } = play.one('compare');
    expect([left, right]).toEqual([
      [{ node: at(0, 0), handle: second }],
      [{ node: at(0, 0), handle: first }],
    ]);
    play.result(1, at(0, 1));
    expect(play.all('close')).toEqual([]);
    play.checked(check, true);
    expect(play.last[0]).toEqual({ type: 'release', handle: second });
    expect(play.one('close').cover.map(({ handle }) => handle)).toContain(first);
    expect(play.fleet.workers.get(1)).toMatchObject({ nodes: 2, samples: 2 });
  });
});

describe('useful workers alone', () => {
  it('get nodes; the others a trial for which the step does not wait', () => {
    const play = new Play({ share: 'useful', localThreads: 2 });
    play.begin(0, 8);
    while (play.fleet.round !== undefined) play.localDone(play.one('computeLocal').nodes, 80);
    play.join(1);
    play.begin(1, 8);
    // The shard of the trial is computed here as well.
    expect(play.given(1)).toEqual(['0/0']);
    let localShards = 0;
    while (play.fleet.round !== undefined) {
      const { nodes } = play.one('computeLocal');
      localShards += nodes.reduce((sum, { level }) => sum + (1 << level), 0);
      play.localDone(nodes, 80);
    }
    expect(localShards).toBe(8);
    play.result(1, at(0, 0), { step: 1, ms: 5000 });
    expect(play.one('reject').code).toBe('STALE');
    play.begin(2, 8);
    expect(play.given(1)).toEqual([]);
    expect(play.fleet.workers.get(1)!.notUseful).toBe(true);
  });

  it('are tried again later, which needs a tick', () => {
    const play = new Play({ share: 'useful', localThreads: 1 });
    play.join(1);
    play.begin(0, 1);
    const beganMs = play.nowMs;
    play.localDone(play.one('computeLocal').nodes, 100);
    play.one('close');
    // The trial goes on behind the step.
    expect(wakeAtMs(play.fleet, play.nowMs)).toBe(beganMs + 5000);
    play.does({ type: 'tick' }, 4900);
    expect(wakeAtMs(play.fleet, play.nowMs)).toBeUndefined();
    play.begin(1, 8);
    expect(play.given(1)).toEqual([]);
    expect(wakeAtMs(play.fleet, play.nowMs)).toBe(beganMs + 5000 + 2000);
    play.does({ type: 'tick' }, 2000);
    expect(play.given(1)).toHaveLength(1);
  });

  it('are tried eight at a time, however many come at once', () => {
    const play = new Play({ share: 'useful', localThreads: 1 });
    for (let worker = 1; worker <= 20; worker++) play.join(worker);
    play.begin(0, 4);
    const tried = () => play.all('assign').map(({ worker }) => worker);
    expect(tried()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    play.result(3, at(0, 2));
    expect(tried()).toEqual([9]);
    play.does({ type: 'left', worker: 5 });
    expect(tried()).toEqual([10]);
  });
});
