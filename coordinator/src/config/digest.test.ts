import { describe, expect, it } from 'vitest';
import { canonicalJson, configDigest, decisiveSettings } from './digest.ts';
import { parseConfig } from './document.ts';
import { type ResolvedConfig, resolveConfig } from './resolve.ts';

function config(changes: object = {}, directory = '/a'): ResolvedConfig {
  const settings = { data: { kind: 'mnist' }, model: { layers: [{ type: 'dense', units: 10 }] }, ...changes };
  return resolveConfig(parseConfig(settings, 'c.json', directory)).config;
}

const CSV = { kind: 'csv', train: 'x.csv', target: 'y', task: 'classes' };

describe('configDigest', () => {
  it('stays what it was, so that old checkpoints stay valid', () => {
    expect(configDigest(config())).toBe('aa8973b050072f8f399cfacd4a068bc48bfd7182d87521e875658c64bb92aca1');
  });

  it('does not see names, spacing of checkpoints and metrics, the order of keys, or where the data lies', () => {
    const digest = configDigest(config());
    const same = [
      config({ name: 'other', checkpointSeconds: 1, checkpointsKept: 9, metricsEvery: 3 }),
      config({ optimizer: { weightDecay: 0, learningRate: 0.001, type: 'adam' } }),
      config({ data: { kind: 'mnist', directory: 'elsewhere' } }),
    ];
    expect(same.map(configDigest)).toEqual([digest, digest, digest]);
    expect(configDigest(config({ data: CSV }, '/a'))).toBe(configDigest(config({ data: CSV }, '/b')));
    expect(configDigest(config({ data: { ...CSV, test: 't.csv', testFraction: 0.1 } }))).toBe(
      configDigest(config({ data: { ...CSV, test: 'u.csv' } })),
    );
  });

  it('sees everything that decides the bits of the result', () => {
    const different = [
      {},
      { seed: 2 },
      { epochs: 11 },
      { batchSize: 63 },
      { shardSize: 15 },
      { optimizer: { type: 'adamw', weightDecay: 0 } },
      { optimizer: { type: 'adam', learningRate: 0.002 } },
      { model: { layers: [{ type: 'dense', units: 11 }] } },
      { model: { layers: [{ type: 'dense', units: 10, bias: 'none' }] } },
      { model: { layers: [{ type: 'dense', units: 10 }], loss: 'squaredError' } },
      { data: { kind: 'mnist', scale: 'none' } },
      { data: CSV },
      { data: { ...CSV, testFraction: 0.1 } },
      { data: { ...CSV, test: 't.csv' } },
      { data: { ...CSV, categories: ['z'] } },
      { schedule: { type: 'constant', warmupEpochs: 1 } },
      { schedule: { type: 'cosine' } },
      { schedule: { type: 'step' } },
      { clipping: { type: 'norm', limit: 1 } },
      { clipping: { type: 'value', limit: 1 } },
      { classWeights: 'balanced' },
      { classWeights: { 3: 2 } },
      {
        model: {
          layers: [
            { type: 'dropout', rate: 0.1 },
            { type: 'dense', units: 10 },
          ],
        },
      },
      { validationFraction: 0.1 },
      { validationFraction: 0.2 },
      { validationFraction: 0.1, earlyStopping: {} },
      { validationFraction: 0.1, earlyStopping: { patience: 6 } },
      { validationFraction: 0.1, earlyStopping: { minDelta: 0.01 } },
      { validationFraction: 0.1, earlyStopping: { metric: 'accuracy' } },
    ].map((changes) => configDigest(config(changes)));
    expect(new Set(different).size).toBe(different.length);
  });
});

describe('decisiveSettings', () => {
  it('holds what the digest covers and no path', () => {
    const idx = { images: 'i', labels: 'l' };
    const settings = decisiveSettings(config({ data: { kind: 'idx', train: idx, test: idx, classes: 10 } }));
    expect(settings.data).toEqual({ kind: 'idx', scale: 'unit', classes: 10 });
    expect(Object.keys(settings)).toEqual([
      'data',
      'model',
      'optimizer',
      'batchSize',
      'shardSize',
      'epochs',
      'seed',
    ]);
  });
});

describe('canonicalJson', () => {
  it('sorts keys at every depth and leaves lists in order', () => {
    expect(canonicalJson({ b: [3, { d: 'x', c: null }], a: 1e-8, u: undefined })).toBe(
      '{"a":1e-8,"b":[3,{"c":null,"d":"x"}]}',
    );
  });
});
