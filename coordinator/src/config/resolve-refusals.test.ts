import { describe, expect, it } from 'vitest';
import { parseConfig } from './document.ts';
import { DENSE, MINIMAL, refusal, refusalWith } from './resolve.test.support.ts';

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
      'data.kind must be one of "mnist", "csv", "json", "npy", "idx", "memory", "parquet", "penguins", "flights", "autoMpg", but is "mnsit"; did you mean "mnist"?',
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
        'model.layers[0].type must be one of "dense", "dropout", but is "conv"',
      ],
      [
        { model: { layers: [{ type: 'dropout', rate: 1 }, DENSE] } },
        'model.layers[0].rate must be less than 1, but is 1',
      ],
      [
        { model: { layers: [DENSE, { type: 'dropout', rate: 0.5 }] } },
        'model.layers[1] must not be dropout: it would drop what the network answers; end with a dense layer',
      ],
      [
        { schedule: { type: 'cosine', finalFraction: 2 } },
        'schedule.finalFraction must be at most 1, but is 2',
      ],
      [{ schedule: { type: 'step', factor: 0 } }, 'schedule.factor must be greater than 0, but is 0'],
      [
        { schedule: { type: 'linear' } },
        'schedule.type must be one of "step", "cosine", "constant", "exponential", but is "linear"',
      ],
      [{ clipping: { type: 'norm' } }, 'clipping.limit is missing; it must be a finite number'],
      [{ clipping: { type: 'value', limit: 0 } }, 'clipping.limit must be greater than 0, but is 0'],
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
