import { describe, expect, it } from 'vitest';
import { at, Play } from './play.test.support.ts';

describe('an audit', () => {
  it('is made of the first results of a volunteer, kept across connections, and later as the draw says', () => {
    const play = new Play({ newcomerAudits: 2, auditRate: 0.05 });
    play.join(1, 'volunteer');
    const audited = [1, 1, 1, 0.04, 0.05].map((draw, step) => {
      play.begin(step, 1);
      play.result(1, at(0, 0), { draw });
      const audits = play.all('audit');
      for (const { check } of audits) play.checked(check, true);
      play.one('close');
      play.does({ type: 'left', worker: 1 });
      play.join(1, 'volunteer');
      return audits.length;
    });
    expect(audited).toEqual([1, 1, 0, 1, 0]);
  });

  it('ends before the step closes; a liar is banned for ever and its nodes are done again', () => {
    const play = new Play({ newcomerAudits: 1, auditRate: 0 });
    for (const worker of [1, 2]) play.join(worker, worker === 1 ? 'volunteer' : 'trusted');
    play.begin(0, 2);
    const lie = play.result(1, at(0, 0));
    const { check, handle } = play.one('audit');
    expect(handle).toBe(lie);
    play.result(2, at(0, 1));
    expect(play.all('close')).toEqual([]);
    play.checked(check, false);
    expect(play.one('ban')).toEqual({ type: 'ban', worker: 1, proof: { step: 0, node: at(0, 0) } });
    expect(play.one('release')).toEqual({ type: 'release', handle: lie });
    expect(play.given(2)).toEqual(['0/0']);
    play.result(1, at(0, 0));
    expect(play.one('reject').code).toBe('BANNED');
    const again = play.result(2, at(0, 0));
    expect(play.one('close').cover[0]).toEqual({ node: at(0, 0), handle: again });
    play.join(1, 'volunteer');
    expect(play.last).toEqual([{ type: 'ban', worker: 1, proof: undefined }]);
  });

  it('tells who lied where two answers differ', () => {
    const play = new Play();
    for (const worker of [1, 2]) play.join(worker, 'volunteer');
    play.join(3);
    play.begin(0, 3);
    play.does({ type: 'tick' }, 5000);
    expect([1, 2, 3].map((worker) => play.given(worker))).toEqual([['0/0'], ['0/1'], ['0/2']]);
    play.result(2, at(0, 1));
    expect(play.given(2)).toEqual([]);
    play.does({ type: 'tick' }, 20_000);
    // Whoever answers is given what the silent ones were late with.
    expect(play.given(2)).toEqual(['0/0', '0/2']);
    const lie = play.result(1, at(0, 0));
    const honest = play.result(2, at(0, 0));
    expect(play.all('close')).toEqual([]);
    play.checked(play.one('compare').check, false);
    const audits = play.all('audit');
    expect(audits.map(({ handle }) => handle)).toEqual([honest, lie]);
    for (const { check, handle } of audits) play.checked(check, handle !== lie);
    expect(play.one('ban').worker).toBe(1);
    expect(play.fleet.workers.get(2)!.presence).toBe('present');
  });

  it('judges a sum that is said not to be finite: a lie, or the end of the run', () => {
    for (const isTrue of [false, true]) {
      const play = new Play({ localThreads: 1 });
      play.join(1, 'volunteer');
      play.begin(0, 2);
      play.does({ type: 'notFinite', worker: 1, step: 0, node: at(0, 0) });
      const { check, handle } = play.one('audit');
      expect(handle).toBeUndefined();
      play.checked(check, isTrue);
      expect(play.all('diverged').length).toBe(isTrue ? 1 : 0);
      expect(play.all('ban').length).toBe(isTrue ? 0 : 1);
    }
  });

  it('looks at a sum that is said not to be finite once, however often that is said', () => {
    const play = new Play({ localThreads: 1 });
    for (const worker of [1, 2]) play.join(worker, 'volunteer');
    play.begin(0, 1);
    const audits = [1, 1, 2, 1].flatMap((worker) => {
      play.does({ type: 'notFinite', worker, step: 0, node: at(0, 0) });
      return play.all('audit');
    });
    expect(audits).toHaveLength(1);
    play.checked(audits[0]!.check, false);
    expect(play.one('ban').worker).toBe(1);
  });
});

describe('samples that kill whoever computes them', () => {
  const lost = () => {
    const play = new Play();
    play.begin(0, 1);
    for (const worker of [1, 2, 3]) {
      play.join(worker);
      expect(play.given(worker)).toEqual(['0/0']);
      play.does({ type: 'left', worker });
    }
    return play;
  };

  it('are left to the trusted threads when three workers were lost over them', () => {
    const play = lost();
    expect(play.one('computeLocal').nodes).toEqual([at(0, 0)]);
    play.join(4);
    expect(play.given(4)).toEqual([]);
  });

  it('are not suspected any longer when a trusted thread survives them: three tabs were closed by chance', () => {
    const play = lost();
    play.localDone(play.one('computeLocal').nodes);
    play.one('close');
  });
});
