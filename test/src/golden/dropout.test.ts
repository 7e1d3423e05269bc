/**
 * Dropout against its definition: which values are dropped is computed here from the generator itself, and the
 * gradient of a linear network under that mask in float64.
 */

import { philox } from '@hivegrad/shared/kernels/philox';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { seedKey } from '@hivegrad/shared/random/philox';
import { describe, expect, it } from 'vitest';
import { benchNetwork, engines } from '../support/bench-network.ts';
import { uniform } from '../support/datasets.ts';

const INPUTS = 6;
const HIDDEN = 11;
const OUTPUTS = 3;
const SAMPLES = 13;
const RATE = 0.4;
const SEED = 2 ** 40 + 77;
/** Number of the dropout layer in its network, and of the purpose of its random numbers. */
const LAYER = 1;
const PURPOSE = 4;

const dense = (units: number) =>
  ({ type: 'dense', units, activation: 'identity', bias: 'none', initializer: 'glorotUniform' }) as const;
const model = (rate: number): ModelSpec => ({
  inputSize: INPUTS,
  layers: [dense(HIDDEN), { type: 'dropout', rate }, dense(OUTPUTS)],
  loss: 'squaredError',
});

const random = uniform(5);
const matrix = (rows: number, columns: number) =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.fround(2 * random() - 1)));
const [x, y] = [matrix(SAMPLES, INPUTS), matrix(SAMPLES, OUTPUTS)];
const [w1, w2] = [matrix(HIDDEN, INPUTS), matrix(OUTPUTS, HIDDEN)];

/** 0, or 1 / keep: what unit `unit` of the sample at a position of the mini-batch of `step` is multiplied by. */
function factor(step: number, sample: number, unit: number): number {
  const words = Uint32Array.of(unit >> 2, sample, step, PURPOSE | (LAYER << 8));
  const { keyLow, keyHigh } = seedKey(SEED);
  philox(words, keyLow, keyHigh);
  return words[unit & 3]! < Math.floor((1 - RATE) * 2 ** 32) ? 1 / (1 - RATE) : 0;
}

function reference(step: number) {
  const d1 = w1.map((row) => row.map(() => 0));
  const d2 = w2.map((row) => row.map(() => 0));
  let loss = 0;
  for (const [s, row] of x.entries()) {
    const m = w1.map((_, unit) => factor(step, s, unit));
    const h = w1.map((w, unit) => m[unit]! * w.reduce((sum, v, i) => sum + v * row[i]!, 0));
    const error = w2.map((w, o) => w.reduce((sum, v, unit) => sum + v * h[unit]!, 0) - y[s]![o]!);
    loss += error.reduce((sum, e) => sum + e * e, 0);
    for (const [o, e] of error.entries()) {
      for (const [unit, value] of h.entries()) {
        d2[o]![unit]! += 2 * e * value;
        for (const [i, input] of row.entries()) d1[unit]![i]! += 2 * e * w2[o]![unit]! * m[unit]! * input;
      }
    }
  }
  return { gradient: [...d1.flat(), ...d2.flat()], loss };
}

describe.each(engines)('dropout with %s kernels', (engine) => {
  const network = (rate: number) => {
    const bench = benchNetwork(engine, model(rate), { samplesMax: SAMPLES, shardSize: 4, seed: SEED });
    bench.weights = Float32Array.from([...w1.flat(), ...w2.flat()]);
    return bench;
  };

  it('gives loss and gradient of the network without what was dropped, anew at each step', () => {
    const bench = network(RATE);
    const losses = [0, 1].map((step) => {
      bench.weights = Float32Array.from([...w1.flat(), ...w2.flat()]);
      const ours = bench.gradient({ x, y }, 4);
      const theirs = reference(step);
      const scale = Math.max(...theirs.gradient.map(Math.abs));
      for (const [i, value] of theirs.gradient.entries()) {
        expect(Math.abs(ours.gradient[i]! - value)).toBeLessThan(1e-5 * scale);
      }
      expect(Math.abs(ours.loss - theirs.loss)).toBeLessThan(1e-5 * theirs.loss);
      bench.step({ x, y }, 4);
      return ours.loss;
    });
    expect(losses[0]).not.toBe(losses[1]);
  });

  it('of nothing changes nothing', () => {
    const plain: ModelSpec = { ...model(0), layers: [dense(HIDDEN), dense(OUTPUTS)] };
    const bench = benchNetwork(engine, plain, { samplesMax: SAMPLES, shardSize: 4 });
    bench.weights = Float32Array.from([...w1.flat(), ...w2.flat()]);
    expect(network(0).gradient({ x, y }, 4)).toEqual(bench.gradient({ x, y }, 4));
  });
});

describe.each(engines)('weights of samples with %s kernels', (engine) => {
  it('multiply losses and gradients: a weight of two counts a sample twice, one of zero leaves it out', () => {
    const bench = benchNetwork(engine, model(0), { samplesMax: SAMPLES, shardSize: SAMPLES });
    bench.weights = Float32Array.from([...w1.flat(), ...w2.flat()]);
    const weights = x.map((_, s) => [1, 2, 0, 0.5][s % 4]!);
    const weighted = bench.gradient({ x, y, weights }, SAMPLES);
    const alone = x.map((row, s) => bench.gradient({ x: [row], y: [y[s]!] }, SAMPLES));
    const scale = Math.max(...weighted.gradient.map(Math.abs));
    for (const [i, value] of weighted.gradient.entries()) {
      const sum = alone.reduce((total, { gradient }, s) => total + weights[s]! * gradient[i]!, 0);
      expect(Math.abs(value - sum)).toBeLessThan(1e-5 * scale);
    }
    const loss = alone.reduce((total, each, s) => total + weights[s]! * each.loss, 0);
    expect(Math.abs(weighted.loss - loss)).toBeLessThan(1e-5 * loss);
  });

  it('of one change no bit', () => {
    const bench = benchNetwork(engine, model(0), { samplesMax: SAMPLES, shardSize: 4 });
    bench.weights = Float32Array.from([...w1.flat(), ...w2.flat()]);
    const ones = x.map(() => 1);
    expect(bench.gradient({ x, y, weights: ones }, 4)).toEqual(bench.gradient({ x, y }, 4));
  });
});
