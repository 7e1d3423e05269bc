import { describe, expect, it } from 'vitest';
import { parseConfig } from './document.ts';
import { applyFlags, type ConfigFlags } from './flags.ts';
import { resolveConfig } from './resolve.ts';

const FILE = {
  data: { kind: 'mnist' },
  model: {
    layers: [
      { type: 'dense', units: 32, activation: 'relu' },
      { type: 'dense', units: 10 },
    ],
  },
  batchSize: 64,
};

function settings(flags: ConfigFlags, file: object = FILE): Readonly<Record<string, unknown>> {
  return applyFlags(parseConfig(file, 'c.json'), flags).settings;
}

function configOf(flags: ConfigFlags, file: object = FILE) {
  return resolveConfig(applyFlags(parseConfig(file, 'c.json'), flags)).config;
}

describe('applyFlags', () => {
  it('lays every flag over the file and leaves the document as it was', () => {
    const document = parseConfig(structuredClone(FILE), 'c.json');
    const flags = { name: '7', seed: '5', epochs: '3', batchSize: '32', shardSize: 8, learningRate: '1e-2' };
    const config = resolveConfig(applyFlags(document, flags)).config;
    expect(config).toMatchObject({ name: '7', seed: 5, epochs: 3, batchSize: 32, shardSize: 8 });
    expect(config.optimizer).toMatchObject({ type: 'adam', learningRate: 0.01 });
    expect(document.settings).toEqual(FILE);
    expect(document.flagged.size).toBe(0);
  });

  it('keeps the optimizer of the file under --learning-rate', () => {
    const file = { ...FILE, optimizer: { type: 'sgd', momentum: 0.9 } };
    expect(configOf({ learningRate: 0.5 }, file).optimizer).toMatchObject({
      type: 'sgd',
      learningRate: 0.5,
      momentum: 0.9,
    });
  });

  it('changes nothing where no flag is given', () => {
    expect(settings({ seed: undefined, set: [] })).toEqual(FILE);
  });

  it('sets any path to a JSON value or a plain word', () => {
    const changed = settings({
      set: [
        'model.layers[0].units=64',
        'model.layers.1.bias=none',
        'optimizer.type=sgd',
        'optimizer.nesterov=true',
        'metricsEvery=null',
        'data={"kind":"mnist","directory":"2023-data"}',
        'data.directory=2023-data/x=y',
        'name="3"',
      ],
    });
    expect(changed).toEqual({
      data: { kind: 'mnist', directory: '2023-data/x=y' },
      model: {
        layers: [
          { type: 'dense', units: 64, activation: 'relu' },
          { type: 'dense', units: 10, bias: 'none' },
        ],
      },
      batchSize: 64,
      optimizer: { type: 'sgd', nesterov: true },
      metricsEvery: null,
      name: '3',
    });
  });

  it('lets a flag with a name of its own win over --set', () => {
    expect(settings({ set: ['seed=2'], seed: 3 })).toMatchObject({ seed: 3 });
  });

  it('gives --set of an optimizer part to the default optimizer', () => {
    expect(configOf({ set: ['optimizer.beta1=0.8'] }).optimizer).toMatchObject({ type: 'adam', beta1: 0.8 });
  });

  it('refuses a --set that cannot be read or leads nowhere', () => {
    const refused = (assignment: string) => expect(() => settings({ set: [assignment] }));
    refused('seed').toThrow(
      '--set seed is not path.to.setting=value; write e.g. --set model.layers[0].units=64.',
    );
    refused('=3').toThrow('is not path.to.setting=value');
    refused('a..b=3').toThrow('is not path.to.setting=value');
    refused('data={"kind"}').toThrow(
      'The value of --set data={"kind"} is not valid JSON at line 1, column 8: expected : after the key "kind"',
    );
    refused('model.layers[2].units=3').toThrow(
      '--set model.layers[2].units=3: there is no entry 2 in a list of 2; entries count from 0.',
    );
    refused('batchSize.x=3').toThrow('--set batchSize.x=3: x would lie inside 64.');
  });

  it('names the flag in messages about its value', () => {
    const refused = (flags: ConfigFlags) => expect(() => configOf(flags));
    refused({ epochs: 'ten' }).toThrow('c.json: epochs must be a whole number, but is "ten" (from --epochs)');
    refused({ batchSize: '0' }).toThrow('c.json: batchSize must be at least 1, but is 0 (from --batch-size)');
    refused({ seed: '' }).toThrow('c.json: seed must be a whole number, but is "" (from --seed)');
    refused({ seed: 'Infinity' }).toThrow('but is Infinity (from --seed)');
    refused({ set: ['optimizer.lr=3'] }).toThrow(
      'optimizer.lr is not a setting; did you mean learningRate? (from --set)',
    );
    refused({ set: ['data={"kind":"x"}'] }).toThrow('but is "x" (from --set)');
  });

  it('cannot reach what objects inherit', () => {
    expect(() => configOf({ set: ['__proto__.polluted=1'] })).toThrow('__proto__ is not a setting');
    expect(() => configOf({ set: ['constructor.prototype.polluted=1'] })).toThrow(
      'constructor is not a setting',
    );
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
