import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './document.ts';
import { DENSE, MINIMAL, refusal, refusalWith, resolved } from './resolve.test.support.ts';
import { resolveConfig, resolveShardSize } from './resolve.ts';

describe('resolveConfig', () => {
  it('fills in every default', () => {
    expect(resolved(MINIMAL)).toEqual({
      config: {
        name: 'mnist-mlp',
        description: '',
        data: { kind: 'mnist', scale: 'unit' },
        model: {
          layers: [
            { type: 'dense', units: 10, activation: 'identity', bias: 'unit', initializer: 'glorotUniform' },
          ],
          loss: 'softmaxCrossEntropy',
        },
        optimizer: {
          type: 'adam',
          learningRate: 0.001,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          weightDecay: 0,
        },
        schedule: { type: 'constant', warmupEpochs: 0 },
        clipping: { type: 'none' },
        classWeights: null,
        batchSize: 64,
        shardSize: 16,
        epochs: 10,
        seed: 1,
        validationFraction: 0,
        earlyStopping: null,
        checkpointSeconds: 60,
        checkpointsKept: 2,
        metricsEvery: null,
      },
      notices: [],
    });
  });

  it('fills in the defaults of every optimizer', () => {
    const optimizers = ['sgd', 'adam', 'adamw', 'rmsprop', 'adagrad'].map(
      (type) => resolved({ ...MINIMAL, optimizer: { type } }).config.optimizer,
    );
    expect(optimizers).toEqual([
      { type: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false, weightDecay: 0 },
      { type: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
      { type: 'adamw', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
      { type: 'rmsprop', learningRate: 0.001, decay: 0.9, epsilon: 1e-8, weightDecay: 0 },
      { type: 'adagrad', learningRate: 0.01, epsilon: 1e-10, weightDecay: 0 },
    ]);
  });

  it('chooses the initializer by the activation unless one is named', () => {
    const activations = [
      'identity',
      'relu',
      'leakyRelu',
      'elu',
      'gelu',
      'silu',
      'sigmoid',
      'tanh',
      'softplus',
    ];
    const layers = [
      ...activations.map((activation) => ({ type: 'dense', units: 4, activation })),
      { type: 'dense', units: 10, activation: 'identity', initializer: 'heUniform' },
    ];
    const { config } = resolved({ ...MINIMAL, model: { layers } });
    expect(config.model.layers.map((layer) => layer.type === 'dense' && layer.initializer)).toEqual([
      'glorotUniform',
      'heNormal',
      'heNormal',
      'heNormal',
      'heNormal',
      'heNormal',
      'glorotUniform',
      'glorotUniform',
      'glorotUniform',
      'heUniform',
    ]);
  });

  it('chooses the loss by the targets and makes paths absolute', () => {
    const csv = { kind: 'csv', train: 'cars.csv', test: 't.csv', target: 'mpg', task: 'values' };
    const idx = {
      kind: 'idx',
      train: { images: 'a', labels: '../b' },
      test: { images: '/c', labels: 'd' },
      classes: 10,
    };
    expect(resolved({ ...MINIMAL, data: csv }).config).toMatchObject({
      data: {
        kind: 'csv',
        train: resolve('/home/ada/cars.csv'),
        test: resolve('/home/ada/t.csv'),
        testFraction: 0.2,
        target: ['mpg'],
        standardize: true,
        delimiter: ',',
        ignore: [],
        categories: [],
      },
      model: { loss: 'squaredError' },
    });
    expect(resolved({ ...MINIMAL, data: { ...csv, task: 'classes' } }).config.model.loss).toBe(
      'softmaxCrossEntropy',
    );
    expect(resolved({ ...MINIMAL, data: idx }).config.data).toEqual({
      kind: 'idx',
      train: { images: resolve('/home/ada/a'), labels: resolve('/home/b') },
      test: { images: resolve('/c'), labels: resolve('/home/ada/d') },
      scale: 'unit',
      classes: 10,
    });
    expect(resolved({ ...MINIMAL, data: { kind: 'mnist', directory: 'm' } }).config.data).toEqual({
      kind: 'mnist',
      scale: 'unit',
      directory: resolve('/home/ada/m'),
    });
  });

  it('resolves a resolved configuration to itself, wherever it is read from', () => {
    const csv = { kind: 'csv', train: 'cars.csv', target: ['a', 'b'], task: 'values' };
    const { config } = resolved({ ...MINIMAL, data: csv, batchSize: 8, optimizer: { type: 'sgd' } });
    const again = parseConfig(JSON.stringify(config), 'runs/x/config.json', '/elsewhere');
    expect(resolveConfig(again)).toEqual({ config, notices: [] });
  });

  it('names a run after its file, or "run" where that makes no name', () => {
    const name = (source: string) => resolveConfig(parseConfig(MINIMAL, source)).config.name;
    expect([name('a/b.c.json'), name('größe 1.mjs'), name('.json'), name('-x.json')]).toEqual([
      'b.c',
      'größe 1',
      'run',
      'run',
    ]);
  });

  it('warns where a cross-entropy follows an activation', () => {
    const model = { layers: [{ ...DENSE, activation: 'sigmoid' }] };
    expect(resolved({ ...MINIMAL, model }).notices).toEqual([
      'model.layers[0].activation is "sigmoid", but softmaxCrossEntropy takes logits: the last layer\'s activation should be "identity".',
    ]);
    expect(resolved({ ...MINIMAL, model: { ...model, loss: 'squaredError' } }).notices).toEqual([]);
  });
});

describe('shard sizes', () => {
  it('default to at most 16 shards of at least 16 samples', () => {
    const sizes = [1, 8, 16, 17, 64, 256, 257, 1000, 60_000].map(
      (batch) => resolveShardSize(batch, undefined).shardSize,
    );
    expect(sizes).toEqual([1, 8, 16, 16, 16, 16, 17, 63, 3750]);
  });

  it('are refused above a batch size from the same hand', () => {
    const sentence = 'shardSize must be at most batchSize, which is 8, but is 16';
    expect(refusalWith({ batchSize: 8, shardSize: 16 })).toEqual(['CONFIG_INVALID', sentence]);
    expect(refusal(MINIMAL, { batchSize: '8', shardSize: '16' })).toEqual([
      'CONFIG_INVALID',
      `${sentence} (from --shard-size)`,
    ]);
  });

  it('are lowered with a notice to a batch size from another hand', () => {
    const notice = (from: number, to: number) => [
      `shardSize is lowered from ${from} to ${to}, the batch size: a shard is a part of one mini-batch.`,
    ];
    const overFile = resolved({ ...MINIMAL, batchSize: 64, shardSize: 32 }, { batchSize: 8 });
    expect([overFile.config.shardSize, overFile.notices]).toEqual([8, notice(32, 8)]);
    const overDefault = resolved({ ...MINIMAL, shardSize: 128 });
    expect([overDefault.config.shardSize, overDefault.notices]).toEqual([64, notice(128, 64)]);
  });
});
