import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { initialWeights } from './initialise.ts';
import { denseSpec } from './model.test.support.ts';
import { parametersOf } from './parameters.ts';
import type { Initializer, ModelSpec } from './spec.ts';

const [fanIn, fanOut] = [300, 100];
const wide = (initializer: Initializer): ModelSpec => ({
  inputSize: fanIn,
  layers: [denseSpec(fanOut, { initializer })],
  loss: 'squaredError',
});
const weightsOf = (model: ModelSpec, seed: number, tensor: number) => {
  const { offset, size } = parametersOf(model)[tensor]!;
  return initialWeights(model, seed).subarray(offset, offset + size);
};
const mean = (values: Float32Array, f: (x: number) => number) =>
  values.reduce((sum, x) => sum + f(x), 0) / values.length;

// 30,000 draws: the bounds are five standard deviations of each statistic.
describe.each([
  { initializer: 'glorotUniform', variance: 2 / (fanIn + fanOut), kurtosis: 9 / 5 },
  { initializer: 'glorotNormal', variance: 2 / (fanIn + fanOut), kurtosis: 3 },
  { initializer: 'heUniform', variance: 2 / fanIn, kurtosis: 9 / 5 },
  { initializer: 'heNormal', variance: 2 / fanIn, kurtosis: 3 },
] as const)('$initializer', ({ initializer, variance, kurtosis }) => {
  const weights = weightsOf(wide(initializer), 1, 0);
  const count = fanIn * fanOut;

  it('has mean zero, the variance of its paper and the shape of its distribution', () => {
    expect(weights).toHaveLength(count);
    expect(Math.abs(mean(weights, (x) => x))).toBeLessThan(5 * Math.sqrt(variance / count));
    const second = mean(weights, (x) => x * x);
    expect(Math.abs(second / variance - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / count));
    expect(mean(weights, (x) => x ** 4) / second ** 2 / kurtosis).toBeCloseTo(1, 1);
  });

  it('has neighbours that know nothing of each other', () => {
    for (const lag of [1, 2, 3, 4]) {
      const product = weights.subarray(lag).map((x, i) => x * weights[i]!);
      expect(Math.abs(mean(product, (x) => x)), `lag ${lag}`).toBeLessThan((5 * variance) / Math.sqrt(count));
    }
  });

  it('stays within the limit of a uniform distribution, and passes it as a normal one does', () => {
    const limit = Math.sqrt(3 * variance);
    const outside = weights.filter((x) => Math.abs(x) > limit).length / count;
    const largest = weights.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    if (initializer.endsWith('Uniform')) {
      expect(outside).toBe(0);
      expect(largest / limit).toBeGreaterThan(0.999);
    } else {
      // P(|x| > sqrt(3) sigma) = 0.0833; none of 30,000 should lie beyond six sigma.
      expect(Math.abs(outside - 0.0833)).toBeLessThan(5 * Math.sqrt((0.0833 * 0.9167) / count));
      expect(largest / Math.sqrt(variance)).toBeLessThan(6);
    }
  });
});

const model: ModelSpec = {
  inputSize: 7,
  layers: [
    denseSpec(5, { initializer: 'heNormal' }),
    denseSpec(5, { initializer: 'heUniform', bias: 'layer' }),
    denseSpec(5, { initializer: 'glorotNormal', bias: 'none' }),
    denseSpec(5),
  ],
  loss: 'squaredError',
};

describe('initialWeights', () => {
  it('gives the same numbers for the same seed and others for another, above 2^32 too', () => {
    const [one, again, two, high] = [1, 1, 2, 1 + 2 ** 32].map((seed) => weightsOf(model, seed, 0));
    expect(again).toEqual(one);
    expect(two).not.toEqual(one);
    expect(high).not.toEqual(one);
    expect(high).not.toEqual(two);
  });

  it('gives layers of the same shape and distribution other numbers', () => {
    const twice: ModelSpec = { ...model, inputSize: 5, layers: [denseSpec(5), denseSpec(5)] };
    expect(weightsOf(twice, 1, 2)).not.toEqual(weightsOf(twice, 1, 0));
  });

  it('gives a layer the numbers that its place decides, whatever layers follow', () => {
    const shorter = { ...model, layers: model.layers.slice(0, 2) };
    expect(weightsOf(shorter, 3, 2)).toEqual(weightsOf(model, 3, 2));
  });

  it('starts biases at zero', () => {
    const biases = parametersOf(model).filter(({ name }) => name.endsWith('bias'));
    expect(biases.map(({ name }) => name)).toEqual(['layers.0.bias', 'layers.1.bias', 'layers.3.bias']);
    const weights = initialWeights(model, 1);
    for (const { offset, size } of biases) {
      expect([...weights.subarray(offset, offset + size)]).toEqual(Array(size).fill(0));
    }
  });

  // A change of these numbers changes what every seed of every user means.
  it('gives the numbers that this seed has always given', () => {
    const weights = initialWeights(model, 42);
    expect(bytesToHex(sha256(new Uint8Array(weights.buffer)))).toBe(
      '30f31e2883253e1a537251b422833f99026444ab08abd8a3d3bbfb4813f9c94a',
    );
  });
});
