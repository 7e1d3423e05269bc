import { describe, expect, it } from 'vitest';
import { waitingReasonOf } from './capacity.ts';
import { at, Play } from './play.test.support.ts';

describe('the registry', () => {
  const known = ({ fleet }: Play) => ({ here: [...fleet.workers.keys()], gone: [...fleet.gone.keys()] });

  it('forgets the oldest of those who left, and nobody who is there', () => {
    const play = new Play({ rememberedMax: 1 });
    for (const worker of [1, 2, 3]) play.join(worker);
    expect(known(play)).toEqual({ here: [1, 2, 3], gone: [] });
    for (const worker of [1, 2]) play.does({ type: 'left', worker });
    expect(known(play)).toEqual({ here: [3], gone: [2] });
    play.join(2);
    expect(known(play)).toEqual({ here: [3, 2], gone: [] });
  });

  it('keeps who was given something until the step is over, and nobody else who left', () => {
    const play = new Play({ rememberedMax: 2 });
    play.join(1);
    play.begin(0, 2);
    for (const worker of [2, 3, 4, 5]) {
      play.join(worker);
      play.does({ type: 'left', worker });
    }
    // The second of two shards went to worker 2 and then, since that left, to others, until it was suspect.
    expect(known(play)).toEqual({ here: [1, 2, 3, 4], gone: [5] });
    play.result(1, at(0, 0));
    play.localDone([at(0, 1)]);
    expect(known(play)).toEqual({ here: [1], gone: [3, 4] });
  });

  it('does not rely on somebody who was silent only because it pauses or comes back', () => {
    const play = new Play({ share: 'useful', localThreads: 1 });
    play.join(1);
    play.begin(0, 1);
    const { nodes } = play.one('computeLocal');
    expect(play.given(1)).toEqual(['0/0']);
    play.result(1, at(0, 0), { ms: 1 });
    play.localDone(nodes, 1000);
    play.checked(play.one('compare').check, true);
    play.begin(1, 8);
    const claims = () => play.fleet.workers.get(1)!.leases.map((given) => given.claims);
    expect(claims()).toContain(true);
    play.does({ type: 'tick' }, 10_000);
    for (const event of ['paused', 'resumed', 'left'] as const) play.does({ type: event, worker: 1 });
    play.join(1);
    expect(claims()).toEqual([]);
    // It is tried when it is time, and what it is given the others may take as well.
    play.does({ type: 'tick' }, 2_000);
    expect(claims()).toEqual([false]);
  });

  it('does not try somebody any sooner who gives back what it was given', () => {
    const play = new Play({ localThreads: 1 });
    play.join(1);
    play.begin(0, 8);
    expect(play.given(1)).toEqual(['0/0']);
    for (const event of ['paused', 'resumed', 'left'] as const) play.does({ type: event, worker: 1 });
    play.join(1);
    play.does({ type: 'tick' }, 999);
    expect(play.fleet.workers.get(1)!.leases).toEqual([]);
    play.does({ type: 'tick' }, 1);
    expect(play.given(1)).toHaveLength(1);
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
