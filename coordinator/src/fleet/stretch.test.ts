import { describe, expect, it } from 'vitest';
import { at } from './play.test.support.ts';
import { StretchPlay, sumsOfSteps } from './stretch-play.test.support.ts';

/** The step under way is a round of worker 1, which the local threads wait for. */
function waiting({ localThreads = 0 } = {}): StretchPlay {
  const play = new StretchPlay({ localThreads });
  play.join(1);
  play.run(0, 3);
  return play;
}

const done = (to: number, from = 0, diverged = false) => [
  { type: 'stretchDone', at: to, sums: sumsOfSteps(from, to), diverged },
];

describe('a stretch of the local threads', () => {
  it('takes all its steps without rounds while nobody else is there', () => {
    const play = new StretchPlay();
    expect(play.run(0, 3)).toEqual([{ type: 'runLocal', from: 0, to: 3 }]);
    expect(play.localSteps(3)).toEqual(done(3));
  });

  it('is held when somebody joins, once, and the next step is a round', () => {
    const play = new StretchPlay();
    play.run(0, 3);
    expect(play.join(1)).toEqual([{ type: 'holdLocal' }]);
    expect(play.join(2)).toEqual([]);
    play.localSteps(1);
    expect(play.types()).toEqual(['sendWeights', 'assign', 'sendWeights', 'assign', 'computeLocal']);
    expect(play.one('computeLocal')).toMatchObject({ step: 1 });
    expect(play.given()).toEqual(['1: 0/0', '2: 0/1']);
  });

  it('is not held by a worker that is known to come too late', () => {
    const play = new StretchPlay({ share: 'useful' });
    play.run(0, 3);
    expect(play.join(1)).toEqual([{ type: 'holdLocal' }]);
    play.localSteps(1, { ms: 4 });
    // It was never tried, so it is, and nobody waits for it.
    expect(play.given()).toEqual(['1: 0/0']);
    play.localThreads();
    expect(play.closed()).toEqual([{ type: 'runLocal', from: 2, to: 3 }]);
    play.result(1, at(0, 0), { step: 1, ms: 500 });
    expect(play.types()).toEqual(['reject', 'release']);
    expect(play.localSteps(3)).toEqual(done(3));
  });

  it('is not held for each of many newcomers: they are tried together, now and then', () => {
    const play = new StretchPlay({ share: 'useful' });
    play.run(0, 9);
    play.join(1);
    play.localSteps(1, { ms: 4 });
    const tried = play.nowMs;
    play.localThreads();
    expect(play.closed()).toEqual([{ type: 'runLocal', from: 2, to: 9 }]);
    play.nowMs = tried + 99;
    expect([play.join(2), play.join(3)]).toEqual([[], []]);
    play.nowMs = tried + 100;
    expect(play.join(4)).toEqual([{ type: 'holdLocal' }]);
    play.localSteps(3);
    expect(play.given()).toEqual(['2: 0/0', '3: 0/1', '4: 0/2']);
  });

  it('tells the fleet how fast the threads are, by the shards that each step has', () => {
    const play = new StretchPlay();
    play.run(0, 3);
    play.localSteps(3, { ms: 50 });
    expect(play.stretch.fleet.local.perShardMs).toBe(5);
    play.run(5, 6);
    play.localSteps(6, { ms: 2 });
    expect(play.stretch.fleet.local.perShard).toEqual([5, 1]);
  });

  it('ends when it is held, after the steps that were taken meanwhile', () => {
    for (const atOnce of [false, true]) {
      const play = new StretchPlay();
      play.run(0, 3);
      expect(play.hold(atOnce)).toEqual([{ type: 'holdLocal' }]);
      expect(play.hold(true)).toEqual([]);
      expect(play.join(1)).toEqual([]);
      expect(play.localSteps(2)).toEqual(done(2));
    }
  });

  it('ends with the divergence of a step, which is not taken', () => {
    const play = new StretchPlay();
    play.run(0, 3);
    expect(play.localSteps(1, { diverged: true })).toEqual(done(1, 0, true));
  });
});

describe('a round of a stretch', () => {
  it('is followed by local steps when its worker has left, and they are held like any others', () => {
    const play = new StretchPlay();
    play.run(0, 3);
    play.join(1);
    play.localSteps(1);
    expect(play.given()).toEqual(['1: 0/0']);
    play.leave(1);
    play.localThreads();
    expect(play.one('close').cover.at(0)?.node).toEqual(at(2, 0));
    expect(play.closed()).toEqual([{ type: 'runLocal', from: 2, to: 3 }]);
    expect(play.hold(false)).toEqual([{ type: 'holdLocal' }]);
    expect(play.localSteps(3)).toEqual(done(3));
  });

  it('follows another while there is somebody, and the last one ends the stretch', () => {
    const play = waiting();
    for (const step of [0, 1]) {
      expect(play.stretch.fleet.round?.step).toBe(step);
      play.worker();
      expect(play.one('close').step).toBe(step);
      play.closed();
    }
    // The last mini-batch of the epoch has two shards.
    expect(play.given()).toEqual(['1: 1/0']);
    play.result(1, at(1, 0));
    expect(play.closed()).toEqual(done(3));
  });

  it('ends the stretch when it was held, but is taken itself', () => {
    const play = waiting();
    expect(play.hold(false)).toEqual([]);
    play.worker();
    expect(play.closed()).toEqual(done(1));
  });

  it('is given up at once while it waits, with what was taken before and nothing of its own', () => {
    const play = waiting();
    play.worker();
    play.closed();
    const { node } = play.lease!;
    play.leave(1);
    expect(play.types()).toEqual(['wait']);
    play.join(1);
    const cancels = play.given().map(() => 'cancel');
    expect(cancels.length).toBeGreaterThan(0);
    play.hold(true);
    expect(play.types()).toEqual([...cancels, 'abandonStep']);
    expect(() => play.run(1, 3)).toThrow('a stretch begins while another is under way');
    play.result(1, node, { step: 1 });
    expect(play.types()).toEqual(['reject', 'release']);
    expect(play.one('reject').code).toBe('STALE');
    expect(play.does({ type: 'abandoned' })).toEqual(done(1));
  });

  it('is taken if it was complete when it should have been given up', () => {
    const play = waiting();
    play.worker();
    expect(play.hold(true)).toEqual([]);
    expect(play.closed()).toEqual(done(1));
  });

  it('releases what was computed for it when it is given up, also what comes later', () => {
    const play = waiting({ localThreads: 1 });
    const { nodes } = play.one('computeLocal');
    play.result(1, at(0, 0));
    play.hold(true);
    expect(play.types()).toEqual(['release', 'cancel', 'abandonStep']);
    play.localDone(nodes);
    expect(play.types()).toEqual(nodes.map(() => 'release'));
    expect(play.does({ type: 'abandoned' })).toEqual(done(0));
  });

  it('that is not finite is given up, and the stretch ends diverged', () => {
    const play = waiting({ localThreads: 1 });
    play.localDone(play.one('computeLocal').nodes, { finite: false });
    expect(play.types()).toEqual(['cancel', 'abandonStep']);
    expect(play.does({ type: 'abandoned' })).toEqual(done(0, 0, true));
  });

  it('whose update is not finite is not taken, and the stretch ends diverged', () => {
    const play = waiting();
    play.worker();
    expect(play.closed(true)).toEqual(done(0, 0, true));
  });
});

describe('without threads that take part', () => {
  it('each step is a round, and waits for somebody to come', () => {
    const play = new StretchPlay({ localThreads: 0 });
    expect(play.run(0, 3)).toEqual([{ type: 'wait', step: 0 }]);
    play.join(1);
    expect(play.types()).toEqual(['sendWeights', 'assign']);
    expect(play.one('sendWeights')).toEqual({ type: 'sendWeights', worker: 1, version: 0 });
  });
});

describe('a second stretch', () => {
  it('begins anew where the first one ended: neither its sums nor its hold are of the first', () => {
    const play = new StretchPlay();
    play.run(0, 3);
    play.hold(false);
    play.localSteps(1);
    expect(play.hold(true)).toEqual([]);
    expect(play.run(1, 3)).toEqual([{ type: 'runLocal', from: 1, to: 3 }]);
    expect(play.localSteps(3)).toEqual(done(3, 1));
  });

  it('knows who came and went in between', () => {
    const play = new StretchPlay();
    play.run(0, 3);
    play.localSteps(3);
    expect(play.join(1)).toEqual([]);
    play.join(2);
    play.leave(2);
    play.run(3, 6);
    expect(play.given()).toEqual(['1: 0/0']);
    expect(play.one('sendWeights').version).toBe(3);
  });

  it('does not begin while the first one is under way', () => {
    const play = new StretchPlay();
    play.run(0, 3);
    expect(() => play.run(0, 3)).toThrow('a stretch begins while another is under way');
  });
});
