/** The twin judges the module; here it is judged itself, by definitions written without it. */

import {
  activationIds,
  biasModeIds,
  elementaryIds,
  type Kernels,
  leadingDimension,
} from '@hivegrad/shared/kernels/kernels';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { describe, expect, it } from 'vitest';
import { floats } from './data.ts';

const f = Math.fround;
const buffer = new ArrayBuffer(1 << 18);
const memory = new Float32Array(buffer);
const words = new Uint32Array(buffer);
const twin: Kernels = createReferenceKernels(buffer);

let end = 0;
/** Appends values to the memory and answers their byte offset; a test starts with end = 0. */
function put(values: ArrayLike<number>): number {
  const at = end;
  memory.set(values, at / 4);
  end += values.length * 4;
  return at;
}
const room = (length: number) => put(new Float32Array(length));
const take = (at: number, length: number) => [...memory.slice(at / 4, at / 4 + length)];
/** Index in panels, as kernels.ts describes them. */
const panel = (width: number, sample: number, feature: number) =>
  ((sample >> 3) * width + feature) * 8 + (sample & 7);

function toPanels(rows: number[][], width: number): Float32Array {
  const panels = new Float32Array(Math.ceil(rows.length / 8) * 8 * width);
  rows.forEach((row, sample) => {
    row.forEach((value, feature) => {
      panels[panel(width, sample, feature)] = value;
    });
  });
  return panels;
}

const matrix = (rows: number, columns: number, seed: number): number[][] =>
  Array.from({ length: rows }, (_, i) => [...floats(columns, seed + i, 'plain')]);

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
      end = 0;
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
      end = 0;
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
    end = 0;
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
    end = 0;
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
    end = 0;
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
    twin.denseWeightGradient(dzs, rows, ld, dWeights, count, 4, inputs, units, 0);
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
      end = 0;
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
    end = 0;
    const [input, z] = [put([-0, -1, NaN, 0, 2, 0, 0, 0]), room(8)];
    // A bias of -0 lets z be -0 only if the sum could be; it starts at +0, so it is not.
    twin.denseForward(put([1]), put([-0]), biasModeIds.unit, input, z, z, 8, 1, 1, activationIds.relu, 0);
    expect(take(z, 5)).toEqual([0, 0, NaN, 0, 2]);
  });
});

describe('losses', () => {
  const [count, width] = [11, 5];
  const logits = matrix(count, width, 400).map((row) => row.map((x) => f(x * 6)));

  it('softmax cross-entropy and its derivative agree with float64; the first of equal logits is the answer', () => {
    const rows = [...logits.slice(1), [2, 3, 3, 1, 0]];
    const labels = rows.map((_, s) => (s * 3) % width);
    labels[count - 1] = 1;
    end = 0;
    const [z, d, sums, at] = [put(toPanels(rows, width)), room(16 * width), room(2), room(count)];
    words.set(labels, at / 4);
    twin.softmaxCrossEntropy(z, at, d, count, width, 3, sums, 0);
    let [loss, correct] = [0, 0];
    rows.forEach((row, s) => {
      const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
      loss += Math.log(total) - row[labels[s]!]!;
      if (row.indexOf(Math.max(...row)) === labels[s]) correct++;
      row.forEach((x, i) => {
        const expected = Math.exp(x) / total - (i === labels[s] ? 1 : 0);
        expect(memory[d / 4 + panel(width, s, i)]).toBeCloseTo(expected, 6);
      });
    });
    expect(memory[sums / 4]! / loss).toBeCloseTo(1, 6);
    expect(words[sums / 4 + 1]).toBe(correct);
    expect(correct).toBeGreaterThan(0);
  });

  it('squared error gives the 0.185 of equation (4) and the derivative 2 (y - target)', () => {
    end = 0;
    const [d, sums] = [room(16), room(2)];
    twin.squaredError(put(toPanels([[0.25, 0.65]], 2)), put([0, 1]), d, 1, 2, 1, sums, 0);
    expect(Math.abs(memory[sums / 4]! - 0.185)).toBeLessThan(0.185e-6);
    expect(memory[d / 4]).toBe(0.5);
    expect(memory[d / 4 + 8]).toBeCloseTo(-0.7, 6);
    expect(words[sums / 4 + 1]).toBe(0);
  });

  it('binary cross-entropy and its derivative agree with float64', () => {
    const targets = logits.map((row, s) => row.map((_, i) => [0, 1, 0.25][(s + i) % 3]!));
    end = 0;
    const [z, t, d, sums] = [put(toPanels(logits, width)), put(targets.flat()), room(16 * width), room(2)];
    twin.binaryCrossEntropy(z, t, d, count, width, 4, sums, 0);
    let [loss, correct] = [0, 0];
    logits.forEach((row, s) => {
      if (row.every((x, i) => x > 0 === targets[s]![i]! > 0.5)) correct++;
      row.forEach((x, i) => {
        const [p, target] = [1 / (1 + Math.exp(-x)), targets[s]![i]!];
        loss -= target * Math.log(p) + (1 - target) * Math.log(1 - p);
        expect(memory[d / 4 + panel(width, s, i)]).toBeCloseTo(p - target, 6);
      });
    });
    expect(memory[sums / 4]! / loss).toBeCloseTo(1, 6);
    expect(words[sums / 4 + 1]).toBe(correct);
  });
});

describe('optimizers', () => {
  it('sgd takes 0.1 to the 0.09995 of equation (12), and momentum looks ahead under Nesterov', () => {
    end = 0;
    const [g, w, v] = [put([0.005]), put([0.1]), put([2])];
    const [wNext, vNext] = [room(1), room(1)];
    twin.sgd(g, w, wNext, 0, 0, 1, 0.01, 0, 0, 0);
    expect(Math.abs(memory[wNext / 4]! - 0.09995)).toBeLessThan(0.09995e-6);
    for (const nesterov of [0, 1]) {
      twin.sgd(g, w, wNext, v, vNext, 1, 0.01, 0.9, nesterov, 0.1);
      const gradient = 0.005 + 0.1 * 0.1;
      const velocity = 0.9 * 2 + gradient;
      expect(memory[vNext / 4]).toBeCloseTo(velocity, 6);
      expect(memory[wNext / 4]).toBeCloseTo(
        0.1 - 0.01 * (nesterov ? gradient + 0.9 * velocity : velocity),
        7,
      );
    }
  });

  it('adam agrees with float64, with decay in the gradient and decoupled from it', () => {
    for (const [decay, shrink] of [
      [0, 1],
      [0.1, 1],
      [0, 0.99],
    ] as const) {
      end = 0;
      const at = [0.3, 0.5, 0.2, 0.04].map((x) => put([x])) as [number, number, number, number];
      const [wNext, mNext, vNext] = [room(1), room(1), room(1)];
      const [g, w, m, v] = at;
      twin.adam(g, w, wNext, m, mNext, v, vNext, 1, 0.9, 0.1, 0.999, 0.001, 0.01, 0.5, 1e-3, decay, shrink);
      const gradient = 0.3 + decay * 0.5;
      const [first, second] = [0.9 * 0.2 + 0.1 * gradient, 0.999 * 0.04 + 0.001 * gradient ** 2];
      expect(memory[mNext / 4]).toBeCloseTo(first, 7);
      expect(memory[vNext / 4]).toBeCloseTo(second, 7);
      expect(memory[wNext / 4]).toBeCloseTo(
        0.5 * shrink - (0.01 * first) / (Math.sqrt(second) / 0.5 + 1e-3),
        6,
      );
    }
  });

  it('RMSProp and AdaGrad agree with float64', () => {
    for (const [keep, add] of [
      [0.99, 0.01],
      [1, 1],
    ] as const) {
      end = 0;
      const [g, w, s] = [put([0.3]), put([0.5]), put([0.04])];
      const [wNext, sNext] = [room(1), room(1)];
      twin.scaledByRootMeanSquare(g, w, wNext, s, sNext, 1, 0.01, keep, add, 1e-3, 0.1);
      const gradient = 0.3 + 0.1 * 0.5;
      const square = keep * 0.04 + add * gradient ** 2;
      expect(memory[sNext / 4]).toBeCloseTo(square, 7);
      expect(memory[wNext / 4]).toBeCloseTo(0.5 - (0.01 * gradient) / (Math.sqrt(square) + 1e-3), 6);
    }
  });
});

describe('shapes and elementary functions', () => {
  it('a byte becomes its quotient rounded once, and panels are the rows transposed', () => {
    end = 0;
    const bytes = room(64);
    const rows = room(256);
    new Uint8Array(buffer).set(
      Uint8Array.from({ length: 256 }, (_, i) => i),
      bytes,
    );
    twin.bytesToRows(bytes, rows, 1, 256, 256, 255);
    expect(take(rows, 256)).toEqual(Array.from({ length: 256 }, (_, i) => f(i / 255)));
    const samples = matrix(11, 3, 500);
    const at = put(samples.flatMap((row) => [...row, 0, 0, 0, 0, 0]));
    const [panels, back] = [room(16 * 3), room(11 * 8)];
    twin.rowsToPanels(at, panels, 11, 3, 8);
    expect(take(panels, 48)).toEqual([...toPanels(samples, 3)]);
    twin.panelsToRows(panels, back, 11, 3, 8);
    expect(take(back, 88)).toEqual(take(at, 88));
  });

  it('map applies the function that each number names', () => {
    const names = Object.keys(elementaryIds) as (keyof typeof elementaryIds)[];
    for (const name of names) {
      end = 0;
      const [source, target] = [put([0.25, 0.5, 1.5, 3]), room(4)];
      twin.map(elementaryIds[name], source, target, 4);
      const expected = [0.25, 0.5, 1.5, 3].map((x) => Math[name](x));
      take(target, 4).forEach((y, i) => {
        expect(y / expected[i]!).toBeCloseTo(1, 6);
      });
    }
  });
});
