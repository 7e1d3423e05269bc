/** `gradient()`: what it refuses, that no cut of the samples shows, and that a pool of threads computes the same. */

import { readFileSync } from 'node:fs';
import type { Gradient, GradientOptions, ModelInput } from 'hivegrad';
import { epochOrder, gradient, train } from 'hivegrad';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniform } from '../support/datasets.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import { codeOf, smallInput } from './runs.ts';

const model: ModelInput = {
  inputSize: 6,
  layers: [
    { type: 'dense', units: 9, activation: 'tanh' },
    { type: 'dropout', rate: 0.5 },
    { type: 'dense', units: 4 },
  ],
};
const SAMPLES = 44;
const random = uniform(3);
const weights = Float32Array.from({ length: 6 * 9 + 9 + 9 * 4 + 4 }, () => random() - 0.5);
const rows = Float32Array.from({ length: SAMPLES * 6 }, () => 2 * random() - 1);
const targets = Uint32Array.from({ length: SAMPLES }, () => Math.floor(random() * 4));

/** The gradient of the samples [begin, end) as a node of their mini-batch. */
function node(begin: number, end: number, options: GradientOptions): Promise<Gradient> {
  const [x, y] = [rows.subarray(begin * 6, end * 6), targets.subarray(begin, end)];
  return gradient(model, weights, x, y, { ...options, begin });
}

function added(a: Gradient, b: Gradient): Gradient {
  return {
    gradient: a.gradient.map((value, i) => value + b.gradient[i]!),
    lossSum: Math.fround(a.lossSum + b.lossSum),
    correct: a.correct + b.correct,
    samples: a.samples + b.samples,
  };
}

describe('gradient', () => {
  const sizes = { weights, rows, targets };
  it.each<[string, Partial<typeof sizes>, object]>([
    ['there are 102 weights, but the network has 103', { weights: weights.subarray(1) }, {}],
    ['263 values are no rows of 6', { rows: rows.subarray(1) }, {}],
    ['0 values are no rows of 6', { rows: rows.subarray(0, 0) }, {}],
    ['there are 43 targets for 44 samples; give 1 for each', { targets: targets.subarray(1) }, {}],
    ['the target of sample 0 is 4, which is none of the 4 classes', { targets: targets.map(() => 4) }, {}],
    ['shardSize must be a whole number of at least 1, but is 0', {}, { shardSize: 0 }],
    ['shardSize is missing', {}, { shardSize: undefined }],
    ['begin is 6, where no shard of 4 begins', {}, { begin: 6 }],
    ['there are 2 weights of samples for 44 samples', {}, { weights: [1, 1] }],
    ['step must be a whole number of at least 0, but is -1', {}, { step: -1 }],
  ])('says that %s', async (sentence, changed, options) => {
    const given = { ...sizes, ...changed };
    const asked = gradient(model, given.weights, given.rows, given.targets, { shardSize: 4, ...options });
    await expect(asked).rejects.toMatchObject({ name: 'UserError', code: 'CONFIG_INVALID' });
    await expect(asked).rejects.toThrow(`gradient: ${sentence}`);
  });

  it('names what is wrong with a model', async () => {
    const wrong = (changes: object) =>
      gradient({ ...model, ...changes } as ModelInput, weights, rows, targets, { shardSize: 4 });
    expect(await codeOf(wrong({ inputSize: 0 }))).toBe('CONFIG_INVALID');
    expect(await codeOf(wrong({ layers: [] }))).toBe('CONFIG_INVALID');
    const misspelt = wrong({ layers: [{ type: 'dense', unit: 4 }] });
    expect(await codeOf(misspelt)).toBe('CONFIG_UNKNOWN_KEY');
    await expect(misspelt).rejects.toThrow('model.layers[0].unit is not a setting; did you mean units?');
  });

  it('multiplies by weights of samples', async () => {
    const options = { shardSize: 4 };
    const plain = await node(0, SAMPLES, options);
    const ones = await node(0, SAMPLES, { ...options, weights: targets.map(() => 1) });
    const twos = await node(0, SAMPLES, { ...options, weights: targets.map(() => 2) });
    expect(ones).toEqual(plain);
    expect(twos.gradient).toEqual(plain.gradient.map((value) => 2 * value));
    expect(twos.lossSum).toBe(2 * plain.lossSum);
    expect(twos.correct).toBe(plain.correct);
  });

  it('draws dropout by seed, step and place, and by nothing else', async () => {
    const options = { shardSize: 4, seed: 5, step: 9 };
    const once = await node(8, 24, options);
    expect(await node(8, 24, options)).toEqual(once);
    const [x, y] = [rows.subarray(8 * 6, 24 * 6), targets.subarray(8, 24)];
    for (const other of [{ seed: 6 }, { step: 10 }, { begin: 0 }]) {
      const drawn = await gradient(model, weights, x, y, { ...options, begin: 8, ...other });
      expect(drawn.gradient).not.toEqual(once.gradient);
    }
  });

  it('is the same bits however the mini-batch is cut into nodes', async () => {
    const options = { shardSize: 4, seed: 2 ** 40 + 1, step: 3 };
    const of = (begin: number, end: number) => node(begin, end, options);
    const whole = await of(0, SAMPLES);
    // Eleven shards: nodes of eight and three, and of four, four, two and one.
    expect(added(await of(0, 32), await of(32, 44))).toEqual(whole);
    const left = added(await of(0, 16), await of(16, 32));
    expect(added(left, added(await of(32, 40), await of(40, 44)))).toEqual(whole);
  });

  it('may differ in its last bits for another size of shards, which is part of the result', async () => {
    const [a, b] = [await node(0, SAMPLES, { shardSize: 4 }), await node(0, SAMPLES, { shardSize: 44 })];
    expect(a.gradient).not.toEqual(b.gradient);
    for (const [i, value] of a.gradient.entries()) expect(value).toBeCloseTo(b.gradient[i]!, 4);
  });
});

describe('a step of a pool', () => {
  let place: Workplace;
  beforeAll(() => {
    place = createWorkplace();
  });
  afterAll(() => place.remove());

  it.each([1, 3])(
    'of %d threads moves the weights by the mean of the gradient, bit for bit',
    async (threads) => {
      const small = smallInput(place);
      const config = (epochs: number) => ({
        ...small,
        data: { ...small.data, scale: 'none' as const },
        model: {
          layers: [
            { type: 'dense', units: 12, activation: 'gelu' },
            { type: 'dropout', rate: 0.25 },
            { type: 'dense', units: 5 },
          ] as const,
        },
        optimizer: { type: 'sgd', learningRate: 2 ** -12 } as const,
        ...{ batchSize: 480, shardSize: 7, epochs, seed: 11 },
      });
      const before = await train(config(2), { threads }).result;
      const after = await train(config(3), { threads }).result;
      // An epoch is one step; the files begin with headers of 16 and 8 bytes.
      const pixels = readFileSync(place.path('train-images')).subarray(16);
      const labels = readFileSync(place.path('train-labels')).subarray(8);
      const order = [...epochOrder(11, 2, 480)];
      const x = order.flatMap((sample) => [...pixels.subarray(sample * 16, sample * 16 + 16)]);
      const y = order.map((sample) => labels[sample]!);
      const options = { shardSize: 7, seed: 11, step: 2 };
      const sums = await gradient(before.model, before.weights, x, y, options);
      const moved = before.weights.map((weight, i) => {
        const mean = Math.fround(sums.gradient[i]! / 480);
        return weight - Math.fround(2 ** -12 * mean);
      });
      expect(moved).toEqual(after.weights);
      expect(moved).not.toEqual(before.weights);
    },
  );
});
