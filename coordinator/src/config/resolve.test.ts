import { resolve } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './document.ts';
import { applyFlags, type ConfigFlags } from './flags.ts';
import { type Resolution, resolveConfig, resolveShardSize } from './resolve.ts';

const DENSE = { type: 'dense', units: 10 };
const MINIMAL = { data: { kind: 'mnist' }, model: { layers: [DENSE] } };

function resolved(settings: object, flags: ConfigFlags = {}): Resolution {
  return resolveConfig(applyFlags(parseConfig(settings, 'dir/mnist-mlp.json', '/home/ada'), flags));
}

/** The code and the lines of the error that `settings` raise, without the source. */
function refusal(settings: object, flags: ConfigFlags = {}): string[] {
  try {
    resolved(settings, flags);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const lines = error.message.split('\n');
    expect(lines[0]).toMatch(/^dir\/mnist-mlp\.json(: .| has \d+ problems:$)/);
    const sentences =
      lines.length > 1 ? lines.slice(1) : [error.message.slice('dir/mnist-mlp.json: '.length)];
    return [error.code, ...sentences.map((line) => line.replace(/^ {2}- /, ''))];
  }
  throw new Error(`accepted: ${JSON.stringify(settings)}`);
}

/** The refusal of the minimal configuration with `changes` at its top level. */
function refusalWith(changes: object): string[] {
  return refusal({ ...MINIMAL, ...changes });
}

describe('resolveConfig', () => {
  it('fills in every default', () => {
    expect(resolved(MINIMAL)).toEqual({
      config: {
        name: 'mnist-mlp',
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
        batchSize: 64,
        shardSize: 16,
        epochs: 10,
        seed: 1,
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
    expect(config.model.layers.map((layer) => layer.initializer)).toEqual([
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

describe('resolveConfig on unknown keys', () => {
  it('guesses the setting that was meant, at every depth', () => {
    expect(refusalWith({ optimizer: { type: 'adam', learningrate: 0.1 } })).toEqual([
      'CONFIG_UNKNOWN_KEY',
      'optimizer.learningrate is not a setting; did you mean learningRate?',
    ]);
    expect(refusalWith({ batch_size: 3 })).toEqual([
      'CONFIG_UNKNOWN_KEY',
      'batch_size is not a setting; did you mean batchSize?',
    ]);
    expect(refusalWith({ model: { layers: [DENSE, { type: 'dense', unit: 3 }] } })).toEqual([
      'CONFIG_UNKNOWN_KEY',
      'model.layers[1].unit is not a setting; did you mean units?',
    ]);
    expect(refusalWith({ data: { kind: 'mnist', dir: 'x', path: 'y' } })).toEqual([
      'CONFIG_UNKNOWN_KEY',
      'data.dir is not a setting; did you mean directory?',
      'data.path is not a setting; the settings of data are kind, directory, scale',
    ]);
  });

  it('lists the settings of the kind that was chosen, or says where the key belongs', () => {
    expect(refusalWith({ optimizer: { type: 'adagrad', momentum: 0.9 } })).toEqual([
      'CONFIG_UNKNOWN_KEY',
      'optimizer.momentum is not a setting; the settings of optimizer are type, learningRate, epsilon, weightDecay',
    ]);
    expect(refusalWith({ threads: 4 })).toEqual([
      'CONFIG_UNKNOWN_KEY',
      'threads is not a setting; pass --threads on the command line; it may not change the result, so it is no part of it',
    ]);
    expect(refusalWith({ learningRate: 4 })).toEqual([
      'CONFIG_UNKNOWN_KEY',
      'learningRate is not a setting; write optimizer.learningRate',
    ]);
  });

  it('refuses keys that objects inherit', () => {
    const text =
      '{"data": {"kind": "mnist"}, "model": {"layers": [{"type": "dense", "units": 1}]}, "__proto__": {"seed": 5}, "constructor": 1}';
    const problems = refusal(JSON.parse(text) as object);
    expect(problems.map((line) => line.split(' ')[0])).toEqual([
      'CONFIG_UNKNOWN_KEY',
      '__proto__',
      'constructor',
    ]);
  });
});

describe('resolveConfig on wrong values', () => {
  it('asks for a model and for data by example', () => {
    expect(refusal({ data: { kind: 'mnist' } })).toEqual([
      'CONFIG_INVALID',
      'model is missing; say which network to train, e.g. "model": {"layers": [{"type": "dense", "units": 128, "activation": "relu"}, {"type": "dense", "units": 10}]}',
    ]);
    expect(refusal({ model: MINIMAL.model })).toEqual([
      'CONFIG_INVALID',
      'data is missing; say where the samples come from, e.g. "data": {"kind": "mnist"}',
    ]);
  });

  it('collects all problems, unknown keys first, each setting once', () => {
    const settings = {
      data: { kind: 'mnsit' },
      model: { layer: [], loss: 'softmax' },
      optimizer: { type: 'adma' },
      batchSize: 0,
      epochs: -1,
      seed: 2 ** 60,
      metricsEvery: 1.5,
    };
    expect(refusal(settings)).toEqual([
      'CONFIG_UNKNOWN_KEY',
      'model.layer is not a setting; did you mean layers?',
      'data.kind must be one of "mnist", "csv", "idx", but is "mnsit"; did you mean "mnist"?',
      'model.loss must be one of "softmaxCrossEntropy", "squaredError", "binaryCrossEntropy", but is "softmax"; did you mean "softmaxCrossEntropy"?',
      'optimizer.type must be one of "adam", "adamw", "sgd", "adagrad", "rmsprop", but is "adma"; did you mean "adam"?',
      'batchSize must be at least 1, but is 0',
      'epochs must be at least 1, but is -1',
      'seed must be at most 9007199254740991, but is 1152921504606847000',
      'metricsEvery must be a whole number, but is 1.5',
    ]);
  });

  it('says what each kind of value must be', () => {
    const cases: [object, string][] = [
      [
        { name: 'a/b' },
        'name must start with a letter or a digit and go on with letters, digits, spaces, dots, _ or -, but is "a/b"',
      ],
      [{ name: 'x'.repeat(101) }, `name must have at most 100 characters, but is "${'x'.repeat(56)}...`],
      [{ batchSize: '64' }, 'batchSize must be a whole number, but is "64"'],
      [{ batchSize: null }, 'batchSize must be a whole number, but is null'],
      [{ checkpointSeconds: 0 }, 'checkpointSeconds must be greater than 0, but is 0'],
      [{ checkpointsKept: 1 }, 'checkpointsKept must be at least 2, but is 1'],
      [{ seed: -1 }, 'seed must be at least 0, but is -1'],
      [
        { optimizer: {} },
        'optimizer.type is missing; it must be one of "sgd", "adam", "adamw", "rmsprop", "adagrad"',
      ],
      [{ optimizer: 'adam' }, 'optimizer must be an object, but is "adam"'],
      [{ optimizer: { type: 'adam', beta1: 1 } }, 'optimizer.beta1 must be less than 1, but is 1'],
      [
        { optimizer: { type: 'adam', learningRate: Number.NaN } },
        'optimizer.learningRate must be a finite number, but is NaN',
      ],
      [{ optimizer: { type: 'sgd', nesterov: 1 } }, 'optimizer.nesterov must be true or false, but is 1'],
      [{ model: { layers: [] } }, 'model.layers must have at least 1 entry, but is []'],
      [{ model: { layers: DENSE } }, 'model.layers must be a list, but is {"type":"dense","units":10}'],
      [
        { model: { layers: [{ type: 'dense' }] } },
        'model.layers[0].units is missing; it must be a whole number',
      ],
      [
        { model: { layers: [{ type: 'conv', units: 3 }] } },
        'model.layers[0].type must be "dense", but is "conv"',
      ],
      [
        { data: { kind: 'csv', train: '', target: 'y', task: 'values' } },
        'data.train must have at least 1 character, but is ""',
      ],
      [
        { data: { kind: 'csv', train: 'a', target: 3, task: 'values' } },
        'data.target must be text or a list, but is 3',
      ],
      [
        { data: { kind: 'csv', train: 'a', target: 'y', task: 'values', delimiter: '::' } },
        'data.delimiter must have exactly 1 character, but is "::"',
      ],
    ];
    for (const [changes, sentence] of cases)
      expect(refusalWith(changes)).toEqual(['CONFIG_INVALID', sentence]);
  });

  it('sees what no single setting shows', () => {
    const csv = { kind: 'csv', train: 'a', target: ['y', 'z'], task: 'classes' };
    expect(refusalWith({ data: csv, optimizer: { type: 'sgd', nesterov: true } })).toEqual([
      'CONFIG_INVALID',
      'data.target must be one column for the task "classes", but has 2',
      'optimizer.nesterov needs a momentum above 0; set optimizer.momentum, e.g. to 0.9',
    ]);
  });

  it('refuses a configuration that is no object', () => {
    expect(() => parseConfig('[1]', 'c.json')).toThrow(
      /^c\.json: The configuration must be an object, e\.g\. /,
    );
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
