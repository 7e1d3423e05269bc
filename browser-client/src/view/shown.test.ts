import { initialState as initialPeer } from '@hivegrad/shared/peer/state';
import { type PeerView, viewOf } from '@hivegrad/shared/peer/view';
import { describe, expect, it } from 'vitest';
import type { Shown } from './shown.ts';
import {
  initialState,
  type PageFacts,
  type PageState,
  shownIn,
  withAnswer,
  withObstacle,
  withoutWorker,
  withWorker,
} from './state.ts';

const NOW_MS = 1_000_000;
const idle = viewOf(initialPeer({ threads: 2, lanes: 2 }));
const facts: PageFacts = { unsupported: undefined, wasComputing: false };
const shown = (state: PageState, more: Partial<PageFacts> = {}): Shown =>
  shownIn(state, { ...facts, ...more }, NOW_MS);

/** What is shown of a worker in this phase. */
function shownOf(part: Partial<PeerView>): Shown {
  const view = { ...idle, phase: 'working', sentence: 'It works.', ...part } as PeerView;
  return shown(withWorker(initialState, view, NOW_MS));
}

describe('before the start', () => {
  it('asks, and offers nothing but to start', () => {
    const { stage, tone, sentence, controls } = shown(initialState);
    expect([stage, tone]).toEqual(['asking', 'still']);
    expect(sentence).toBe('Nothing is computed until you start.');
    expect(controls).toEqual({ start: 'Start computing', canFinish: false, canStop: false });
  });

  it('offers to continue to a tab that was computing before it was loaded again', () => {
    expect(shown(initialState, { wasComputing: true }).controls.start).toBe('Continue computing');
  });

  it('starts nothing in a browser that cannot compute, and says why', () => {
    const { controls, problem } = shown(initialState, { unsupported: 'This browser is old.' });
    expect([controls.start, problem]).toEqual([undefined, 'This browser is old.']);
  });

  it('starts nothing for a run that is finished, and shows its digest', () => {
    const state = withAnswer(initialState, { ended: 'finished', digest: 'ab', progress: {} });
    expect(shown(state)).toMatchObject({ sentence: 'This run is finished.', digest: 'ab', controls: {} });
    expect(shown(state).controls.start).toBe(undefined);
    const stopped = withAnswer(initialState, { ended: 'stopped', progress: {} });
    expect(shown(stopped).controls.start).toBe('Start computing');
  });

  it('says why the run is not known, until it is', () => {
    const lost = withObstacle(initialState, 'It cannot be reached.');
    expect(shown(lost).problem).toBe('It cannot be reached.');
    expect(shown(withAnswer(lost, { progress: {} })).problem).toBe('');
  });
});

describe('of a worker', () => {
  it.each([
    ['preparing', 'running', 'ready'],
    ['connecting', 'running', 'ready'],
    ['greeting', 'running', 'ready'],
    ['working', 'running', 'busy'],
    ['standingBy', 'running', 'ready'],
    ['resting', 'running', 'ready'],
    ['paused', 'running', 'still'],
    ['finishing', 'running', 'busy'],
    ['waiting', 'running', 'ready'],
    ['done', 'ended', 'done'],
    ['refused', 'ended', 'trouble'],
    ['failed', 'ended', 'trouble'],
    ['stopped', 'ended', 'still'],
  ] as const)('that is %s shows the stage %s and looks %s', (phase, stage, tone) => {
    expect(shownOf({ phase })).toMatchObject({ stage, tone, sentence: expect.any(String) });
  });

  it('offers what can be done with it', () => {
    const controlsOf = (part: Partial<PeerView>) => shownOf(part).controls;
    expect(controlsOf({})).toEqual({ pause: 'Pause', canFinish: true, canStop: true });
    expect(controlsOf({ phase: 'paused', pauses: ['user'] }).pause).toBe('Resume');
    expect(controlsOf({ phase: 'paused', pauses: ['battery'] }).pause).toBe('Pause');
    expect(controlsOf({ phase: 'finishing' })).toEqual({ canFinish: false, canStop: true });
    expect(controlsOf({ phase: 'stopped' })).toEqual({
      start: 'Start again',
      canFinish: false,
      canStop: false,
    });
    expect(controlsOf({ phase: 'refused' }).start).toBe('Try again');
    expect(controlsOf({ phase: 'done', ended: 'finished' }).start).toBe(undefined);
    expect(controlsOf({ phase: 'done', ended: 'stopped' }).start).toBe('Start again');
  });

  it('says each thing once, and when it tries again', () => {
    expect(shownOf({ problem: 'It works.' }).problem).toBe('');
    expect(shownOf({ problem: 'It was odd.' }).problem).toBe('It was odd.');
    expect(shownOf({ phase: 'waiting', retryAtMs: NOW_MS + 2500 }).retry).toBe('Next attempt in 3 seconds.');
    expect(shownOf({}).retry).toBe('');
  });

  it('shows what it has contributed', () => {
    const contribution = {
      computed: 3,
      computedSamples: 96,
      computeMs: 5,
      accepted: 2,
      acceptedSamples: 1_064,
      share: 0.25,
    };
    expect(shownOf({ contribution }).contribution.map(({ value }) => value)).toEqual([
      '1,064',
      '25 %',
      '2',
      '–',
    ]);
  });

  it('asks again after its threads broke down', () => {
    const { stage, problem, controls } = shown(
      withoutWorker(withWorker(initialState, { ...idle, phase: 'working' }, NOW_MS), 'They broke.'),
    );
    expect([stage, problem, controls.start]).toEqual(['asking', 'They broke.', 'Start computing']);
  });
});

describe('of the run', () => {
  const run = { samples: 1000, batchSize: 300, epochs: 2 };
  const progressAt = (step: number) => {
    const { progress, progressText } = shown(withAnswer(initialState, { ...run, progress: { step } }));
    return [progress, progressText];
  };

  it('shows how far it is, with the smaller last step of an epoch', () => {
    expect(progressAt(0)).toEqual([0, 'Epoch 1 of 2, step 0 of 8']);
    expect(progressAt(4)).toEqual([0.5, 'Epoch 2 of 2, step 4 of 8']);
    expect(progressAt(8)).toEqual([1, 'Epoch 2 of 2, step 8 of 8']);
    expect(shown(withAnswer(initialState, { progress: { step: 7 } })).progressText).toBe('Step 7');
    expect(shown(initialState).progressText).toBe('');
  });

  it('shows who computes and what is known, and nothing that is not', () => {
    const {
      fleet,
      facts: known,
      name,
    } = shown(withAnswer(initialState, { name: 'digits', seed: 1_000_000, progress: { browsers: 3 } }));
    expect(name).toBe('digits');
    expect(fleet.map(({ value }) => value)).toEqual(['3', '–', '–', '–']);
    expect(known).toEqual([{ label: 'Seed', value: '1000000' }]);
  });

  it('collects the course of what it hears from either side', () => {
    const asked = withAnswer(initialState, { progress: { step: 1, loss: 3 } });
    const status = { step: 2, loss: 2, accuracy: 0.5, browsers: 1, machines: 0, localThreads: 0 };
    const heard = withWorker(
      asked,
      { ...idle, status: { type: 'status', epoch: 0, samplesPerSecond: 1, ...status } },
      NOW_MS,
    );
    expect(heard.points).toEqual([
      { step: 1, loss: 3, accuracy: undefined },
      { step: 2, loss: 2, accuracy: 0.5 },
    ]);
  });
});
