import { describe, expect, it } from 'vitest';
import { waitingReasonOf } from './capacity.ts';
import { at, Play } from './play.test.support.ts';

describe('the registry', () => {
  it('forgets the oldest of those who left, and nobody who is there', () => {
    const play = new Play({ rememberedMax: 2 });
    for (const worker of [1, 2, 3]) play.join(worker);
    expect([...play.fleet.workers.keys()]).toEqual([1, 2, 3]);
    for (const worker of [1, 2]) play.does({ type: 'left', worker });
    play.join(1);
    play.join(4);
    expect([...play.fleet.workers.keys()]).toEqual([3, 1, 4]);
  });

  it('forgets when a step ends, so also while rounds follow each other at once', () => {
    const play = new Play({ rememberedMax: 2 });
    play.join(1);
    play.begin(0, 1);
    for (const worker of [2, 3, 4]) {
      play.join(worker);
      play.does({ type: 'left', worker });
    }
    expect([...play.fleet.workers.keys()]).toEqual([1, 2, 3, 4]);
    play.result(1, at(0, 0));
    expect([...play.fleet.workers.keys()]).toEqual([1, 4]);
  });

  it('keeps a ban when it has forgotten the worker', () => {
    const play = new Play({ rememberedMax: 1, newcomerAudits: 1, localThreads: 1 });
    play.join(1, 'volunteer');
    play.begin(0, 1);
    // A newcomer is tried, and the step does not wait for it.
    const { nodes } = play.one('computeLocal');
    play.result(1, at(0, 0));
    play.checked(play.one('audit').check, false);
    play.localDone(nodes);
    for (const worker of [2, 3]) play.join(worker);
    expect(play.fleet.workers.has(1)).toBe(false);
    expect(play.join(1, 'volunteer')).toEqual([{ type: 'ban', worker: 1, proof: undefined }]);
  });

  it('says why somebody has nothing to do', () => {
    const play = new Play();
    const reason = () => waitingReasonOf(play.fleet, 1);
    play.join(1);
    expect(reason()).toBe('runWaits');
    play.begin(0, 2);
    expect(reason()).toBeUndefined();
    play.join(2);
    play.join(3);
    expect(waitingReasonOf(play.fleet, 3)).toBe('noNode');
    for (const [event, expected] of [
      ['paused', 'paused'],
      ['draining', 'draining'],
      ['left', undefined],
    ] as const) {
      play.does({ type: event, worker: 1 });
      expect(reason()).toBe(expected);
    }
  });
});
