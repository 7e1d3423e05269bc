import type { PeerView } from '@hivegrad/shared/peer/view';
import type { Welcome } from '@hivegrad/shared/protocol/messages';
import { describe, expect, it } from 'vitest';
import { closingLines, stageLine, stageOf, standingLine, viewLines } from './join-text.ts';

const run: Welcome = {
  type: 'welcome',
  run: 'mnist',
  description: 'digits for <b>all</b>',
  model: { inputSize: 1, layers: [], loss: 'squaredError' },
  parameters: 1,
  features: { kind: 'u8', width: 1, scale: 'unit' },
  targets: { kind: 'values', width: 1 },
  weighted: false,
  samples: 60_000,
  batchSize: 100,
  shardSize: 10,
  epochs: 10,
  seed: 1,
  dataset: '',
  worker: 3,
  identity: '',
  statusMs: 1000,
};

const view: PeerView = {
  phase: 'working',
  sentence: 'Computing gradients.',
  pauses: [],
  threads: 4,
  intensity: 1,
  computing: 1,
  queued: 0,
  run,
  status: {
    type: 'status',
    epoch: 3,
    step: 1234,
    loss: 0.12345,
    accuracy: 0.9712,
    browsers: 1,
    machines: 2,
    localThreads: 3,
    samplesPerSecond: 73_412,
  },
  contribution: {
    computed: 12,
    computedSamples: 1200,
    computeMs: 99,
    accepted: 11,
    acceptedSamples: 1100,
    share: 0.25,
  },
};
const around = { nowMs: 1000, samplesPerSecond: 12_345 };

describe('what a joined machine shows', () => {
  it('of a run that it works for: how that stands, what is done here, and who else is there', () => {
    expect(viewLines(view, around)).toEqual([
      'mnist: digits for <b>all</b>',
      'epoch 3/10, step 1,234, loss 0.1235, accuracy 97.12 %, 73,400 samples/s of all',
      'here: 4 threads, 11 nodes accepted, 1,100 samples, 25.00 % of all, 12,300 samples/s',
      'the run has 1 tab, 2 machines, 3 threads of its own',
      'Computing gradients.',
    ]);
  });

  it('before the first step, without classes and with a problem that ends nothing', () => {
    const { share: _, ...contribution } = view.contribution;
    const { loss: __, accuracy: ___, ...status } = view.status!;
    const early = { ...view, run: { ...run, description: '' }, status, contribution, problem: 'Too late.' };
    expect(viewLines(early, { nowMs: 0, samplesPerSecond: undefined })).toEqual([
      'mnist',
      'epoch 3/10, step 1,234, 73,400 samples/s of all',
      'here: 4 threads, 11 nodes accepted, 1,100 samples',
      'the run has 1 tab, 2 machines, 3 threads of its own',
      'note: Too late.',
      'Computing gradients.',
    ]);
  });

  it('while it waits for the next attempt: why, and for how long', () => {
    const { run: _, status: __, ...rest } = view;
    const waiting: PeerView = { ...rest, phase: 'waiting', problem: 'Nobody listens.', retryAtMs: 3400 };
    expect(viewLines(waiting, around)).toEqual(['Nobody listens.', 'Trying again in 3 s.']);
    expect(stageLine(waiting, 2401)).toBe('Nobody listens. Trying again in 1 s.');
    expect(stageLine({ ...waiting, retryAtMs: 121_000 }, 0)).toBe(
      'Nobody listens. Trying again in 2 min 1 s.',
    );
    expect(stageLine({ ...waiting, retryAtMs: 0 }, 5000)).toBe('Nobody listens. Trying again in 0 s.');
  });

  it('in one line, with why it has nothing to do', () => {
    const standing: PeerView = { ...view, phase: 'standingBy', sentence: 'Standing by: others are faster.' };
    expect(standingLine(standing, around)).toBe(
      'epoch 3/10, step 1,234, loss 0.1235, accuracy 97.12 %, 73,400 samples/s of all; ' +
        'here: 4 threads, 11 nodes accepted, 1,100 samples, 25.00 % of all, 12,300 samples/s; ' +
        'the run has 1 tab, 2 machines, 3 threads of its own; Standing by: others are faster.',
    );
    expect(standingLine(view, around)).not.toContain('Computing');
  });

  it('at each new stage, of which work and waiting for work are one', () => {
    expect(stageOf('working')).toBe('lending');
    expect(stageOf('standingBy')).toBe('lending');
    expect(stageOf('greeting')).toBe('connecting');
    expect(stageOf('done')).toBe('done');
    expect(stageLine(view, 0)).toBe('joined mnist, digits for <b>all</b>');
    expect(stageLine({ ...view, phase: 'finishing', sentence: 'Finishing.' }, 0)).toBe('Finishing.');
  });

  it('at the end', () => {
    const done: PeerView = { ...view, phase: 'done', sentence: 'Over.', digest: 'ab' };
    expect(closingLines(done)).toEqual([
      'Over.',
      'mnist: 11 nodes with 1,100 samples accepted from here, 25.00 % of all',
      'weights sha256:ab',
    ]);
    const { run: _, ...never } = view;
    expect(closingLines({ ...never, phase: 'stopped', sentence: 'Stopped.' })).toEqual(['Stopped.']);
  });
});
