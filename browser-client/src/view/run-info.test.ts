import { initialState } from '@hivegrad/shared/peer/state';
import { viewOf } from '@hivegrad/shared/peer/view';
import { describe, expect, it } from 'vitest';
import { networkText } from './network-text.ts';
import { readRunInfo, unknownRun, withView } from './run-info.ts';

describe('readRunInfo', () => {
  it('reads what /api/run says', () => {
    const answer = {
      name: 'digits',
      description: 'reads digits',
      model: {
        inputSize: 4,
        layers: [{ type: 'dense', units: 2, activation: 'relu' }],
        loss: 'squaredError',
      },
      parameters: 10,
      samples: 60_000,
      batchSize: 64,
      epochs: 3,
      epoch: 1,
      step: 1000,
      loss: 0.25,
      accuracy: 0.9,
      browsers: 2,
      machines: 1,
      localThreads: 4,
      samplesPerSecond: 1234.5,
      state: 'finished',
      digest: 'ab'.repeat(32),
      more: 'whatever',
    };
    const progress = {
      epoch: 1,
      step: 1000,
      loss: 0.25,
      accuracy: 0.9,
      browsers: 2,
      machines: 1,
      localThreads: 4,
      samplesPerSecond: 1234.5,
    };
    expect(readRunInfo(answer)).toEqual({
      name: 'digits',
      description: 'reads digits',
      network: '4 → 2 relu, squared error',
      parameters: 10,
      samples: 60_000,
      batchSize: 64,
      epochs: 3,
      progress,
      ended: 'finished',
      digest: 'ab'.repeat(32),
    });
  });

  it.each([null, 7, 'text', [], {}])('knows nothing from %j', (answer) => {
    expect(readRunInfo(answer)).toEqual(unknownRun);
  });

  it('takes what is of another kind or out of range for missing', () => {
    const wrong = {
      name: 7,
      description: '  ',
      model: 'large',
      parameters: -1,
      samples: 1.5,
      epochs: Number.POSITIVE_INFINITY,
      seed: '1',
      step: null,
      loss: Number.NaN,
      accuracy: 1.01,
      browsers: [],
      samplesPerSecond: -1,
      state: 'odd',
      digest: 'AB'.repeat(32),
    };
    expect(readRunInfo(wrong)).toEqual(unknownRun);
  });

  it('cuts texts and marks what cannot be shown', () => {
    const { name, description } = readRunInfo({ name: 'a\u0000b\u202ec', description: 'x'.repeat(5000) });
    expect(name).toBe('a?b?c');
    expect(description).toHaveLength(1000);
  });
});

describe('withView', () => {
  it('lets what the connection knows go before what was asked for', () => {
    const view = viewOf(initialState({ threads: 1, lanes: 1 }));
    const asked = { ...unknownRun, name: 'old', digest: 'old', progress: { step: 1, browsers: 9 } };
    expect(withView(asked, view)).toEqual(asked);
    const status = {
      type: 'status',
      epoch: 0,
      step: 5,
      browsers: 1,
      machines: 0,
      localThreads: 0,
      samplesPerSecond: 1,
    } as const;
    const { progress, digest, ended } = withView(asked, { ...view, status, digest: 'new', ended: 'stopped' });
    expect([progress, digest, ended]).toEqual([status, 'new', 'stopped']);
    // Of the steps whichever is further, since a worker that has stopped hears no more.
    const later = { ...asked, progress: { step: 6, browsers: 0 } };
    expect(withView(later, { ...view, status }).progress).toEqual(later.progress);
  });
});

describe('networkText', () => {
  it('names units, activations, dropout and the loss', () => {
    const model = {
      inputSize: 784,
      layers: [
        { type: 'dense', units: 128, activation: 'relu' },
        { type: 'dropout', rate: 0.2 },
        { type: 'dense', units: 10, activation: 'identity' },
      ],
      loss: 'softmaxCrossEntropy',
    };
    expect(networkText(model)).toBe('784 → 128 relu → dropout 0.2 → 10, softmax cross-entropy');
  });

  it('makes something of every value', () => {
    expect(networkText({ layers: [] })).toBe(undefined);
    expect(networkText({ layers: [null, { type: 'novel'.repeat(9) }, { type: 'dense' }, {}] })).toBe(
      'a layer → novelnovelnovelnovelnove → dense → a layer',
    );
    expect(networkText({ layers: Array(500).fill({ type: 'x' }), loss: 'own' })).toMatch(
      /→ 488 more layers, own$/,
    );
  });
});
