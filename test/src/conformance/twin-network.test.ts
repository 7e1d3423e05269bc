import { activationIds, biasModeIds, leadingDimension } from '@hivegrad/shared/kernels/kernels';
import { describe, expect, it } from 'vitest';
import { floats } from './data.ts';
import { matrix, memory, panel, put, room, startOver, take, toPanels, twin } from './twin.ts';

const f = Math.fround;

/** The sum of a node by its definition: level k, index i covers the leaves [i 2^k, (i + 1) 2^k). */
function nodeByDefinition(leaves: readonly number[], level: number, index: number): number | undefined {
  if (level === 0) return leaves[index];
  const left = nodeByDefinition(leaves, level - 1, 2 * index);
  const right = nodeByDefinition(leaves, level - 1, 2 * index + 1);
  return left === undefined || right === undefined ? left : f(left + right);
}

describe('the tree of sums', () => {
  it('adds three, five, six and seven slots in the order of the worked examples', () => {
    const [a, b, c, d, e, g, h] = [2 ** 24, 1, 1, 3, -(2 ** 24), 1, 0.5] as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const ab = f(a + b);
    const cd = f(c + d);
    const worked = [
      [a, b, c],
      [a, b, c, d, e],
      [a, b, c, d, e, g],
      [a, b, c, d, e, g, h],
    ].map((slots) => {
      startOver();
      const target = room(1);
      twin.treeMean(put(slots), 4, slots.length, 1, 1, target, 0);
      return memory[target / 4];
    });
    const eg = f(e + g);
    expect(worked).toEqual([f(ab + c), f(f(ab + cd) + e), f(f(ab + cd) + eg), f(f(ab + cd) + f(eg + h))]);
    // The order matters for these numbers: from left to right the last sum is another one.
    expect(worked[3]).not.toBe([a, b, c, d, e, g, h].reduce((sum, x) => f(sum + x)));
  });

  it('is the definition by levels and indices for 1 to 40 slots, divided once', () => {
    for (let slots = 1; slots <= 40; slots++) {
      startOver();
      const leaves = [...floats(slots, slots, 'wide')];
      const target = room(1);
      const finite = twin.treeMean(put(leaves), 4, slots, 1, 3, target, 0);
      expect(finite).toBe(1);
      expect(memory[target / 4]).toBe(f(nodeByDefinition(leaves, 6, 0)! / 3));
    }
  });

  it('sums a shard in sample order from +0 before the shards meet', () => {
    const samples = [...floats(13, 5, 'wide')];
    const shards = [0, 5, 10].map((start) =>
      samples.slice(start, Math.min(13, start + 5)).reduce((sum, x) => f(sum + x), 0),
    );
    startOver();
    const dBias = room(1);
    twin.denseBiasGradient(
      put(
        toPanels(
          samples.map((x) => [x]),
          1,
        ),
      ),
      dBias,
      13,
      5,
      1,
      biasModeIds.unit,
      0,
    );
    expect(memory[dBias / 4]).toBe(nodeByDefinition(shards, 2, 0));
  });
});

describe('a dense layer', () => {
  it('gives the 50 of equations (2) and (3)', () => {
    startOver();
    const z = room(8);
    twin.denseForward(
      put([0.2, 0.5]),
      put([3]),
      biasModeIds.unit,
      put(toPanels([[150, 34]], 2)),
      z,
      z,
      1,
      2,
      1,
      0,
      0,
    );
    expect(Math.abs(memory[z / 4]! - 50)).toBeLessThan(50e-6);
  });

  it('agrees with float64 forward and backward', () => {
    const [count, inputs, units] = [11, 7, 6];
    const [w, x, dz] = [matrix(units, inputs, 1), matrix(count, inputs, 100), matrix(count, units, 200)];
    const bias = matrix(1, units, 300)[0]!;
    startOver();
    const ld = leadingDimension(inputs);
    const weights = put(w.flat());
    const [xs, dzs] = [put(toPanels(x, inputs)), put(toPanels(dz, units))];
    const rows = put(x.flatMap((row) => [...row, ...new Array(ld - inputs).fill(0)]));
    const [z, dInput, dWeights, dBias] = [
      room(16 * units),
      room(16 * inputs),
      room(units * inputs),
      room(units),
    ];
    twin.denseForward(
      weights,
      put(bias),
      biasModeIds.unit,
      xs,
      z,
      z,
      count,
      inputs,
      units,
      activationIds.identity,
      0,
    );
    twin.denseInputGradient(weights, dzs, dInput, count, inputs, units, 0);
    twin.denseWeightGradient(dzs, rows, ld, 0, dWeights, count, 4, inputs, units, 0);
    twin.denseBiasGradient(dzs, dBias, count, 4, units, biasModeIds.unit, 0);
    const sum = (n: number, term: (i: number) => number) =>
      Array.from({ length: n }, (_, i) => term(i)).reduce((total, value) => total + value, 0);
    for (let s = 0; s < count; s++) {
      for (let u = 0; u < units; u++) {
        const expected = sum(inputs, (i) => w[u]![i]! * x[s]![i]!) + bias[u]!;
        expect(memory[z / 4 + panel(units, s, u)]).toBeCloseTo(expected, 5);
      }
      for (let i = 0; i < inputs; i++) {
        const expected = sum(units, (u) => w[u]![i]! * dz[s]![u]!);
        expect(memory[dInput / 4 + panel(inputs, s, i)]).toBeCloseTo(expected, 5);
      }
    }
    for (let u = 0; u < units; u++) {
      expect(memory[dBias / 4 + u]).toBeCloseTo(
        sum(count, (s) => dz[s]![u]!),
        5,
      );
      for (let i = 0; i < inputs; i++) {
        const expected = sum(count, (s) => dz[s]![u]! * x[s]![i]!);
        expect(memory[dWeights / 4 + u * inputs + i]).toBeCloseTo(expected, 5);
      }
    }
    twin.denseBiasGradient(dzs, dBias, count, 4, units, biasModeIds.layer, 0);
    expect(memory[dBias / 4]).toBeCloseTo(
      sum(count, (s) => sum(units, (u) => dz[s]![u]!)),
      5,
    );
  });
});

/** Each activation with its derivative, as textbooks write them. */
const formulas: Record<keyof typeof activationIds, (x: number) => number> = {
  identity: (x) => x,
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x),
  elu: (x) => (x > 0 ? x : Math.exp(x) - 1),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  silu: (x) => x / (1 + Math.exp(-x)),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  softplus: (x) => Math.log(1 + Math.exp(x)),
};

describe('activations', () => {
  it.each(Object.keys(formulas) as (keyof typeof formulas)[])(
    '%s and its derivative agree with float64',
    (name) => {
      const formula = formulas[name];
      const xs = Float32Array.from({ length: 64 }, (_, i) => (i - 31.5) / 5);
      startOver();
      const [input, z, output, d] = [put(xs), room(64), room(64), put(new Array(64).fill(1))];
      twin.denseForward(put([1]), 0, biasModeIds.none, input, z, output, 64, 1, 1, activationIds[name], 0);
      twin.activationBackward(activationIds[name], z, output, d, 64);
      xs.forEach((x, i) => {
        expect(memory[output / 4 + i]).toBeCloseTo(formula(x), 5);
        const slope = (formula(x + 1e-5) - formula(x - 1e-5)) / 2e-5;
        expect(memory[d / 4 + i]).toBeCloseTo(slope, 4);
      });
    },
  );

  it('relu makes +0 of -0 and of negative numbers and keeps a NaN', () => {
    startOver();
    const [input, z] = [put([-0, -1, NaN, 0, 2, 0, 0, 0]), room(8)];
    // A bias of -0 lets z be -0 only if the sum could be; it starts at +0, so it is not.
    twin.denseForward(put([1]), put([-0]), biasModeIds.unit, input, z, z, 8, 1, 1, activationIds.relu, 0);
    expect(take(z, 5)).toEqual([0, 0, NaN, 0, 2]);
  });
});
