import { elementaryIds } from '@hivegrad/shared/kernels/kernels';
import { describe, expect, it } from 'vitest';
import { bytes, matrix, memory, panel, put, room, startOver, take, toPanels, twin, words } from './twin.ts';

const f = Math.fround;

describe('losses', () => {
  const [count, width] = [11, 5];
  const logits = matrix(count, width, 400).map((row) => row.map((x) => f(x * 6)));

  it('softmax cross-entropy and its derivative agree with float64; the first of equal logits is the answer', () => {
    const rows = [...logits.slice(1), [2, 3, 3, 1, 0]];
    const labels = rows.map((_, s) => (s * 3) % width);
    labels[count - 1] = 1;
    startOver();
    const [z, d, sums, at] = [put(toPanels(rows, width)), room(16 * width), room(2), room(count)];
    words.set(labels, at / 4);
    twin.softmaxCrossEntropy(z, at, 0, d, count, width, 3, sums, 0);
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

  it('softmax agrees with float64, and its probabilities are the derivatives without the label', () => {
    startOver();
    const [z, p, d, at] = [put(toPanels(logits, width)), room(16 * width), room(16 * width), room(count)];
    twin.softmax(z, p, count, width);
    twin.softmaxCrossEntropy(z, at, 0, d, count, width, 3, room(2), 0);
    logits.forEach((row, s) => {
      const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
      row.forEach((x, i) => {
        const index = panel(width, s, i);
        expect(memory[p / 4 + index]).toBeCloseTo(Math.exp(x) / total, 6);
        if (i > 0) expect(memory[d / 4 + index]).toBe(memory[p / 4 + index]);
      });
    });
  });

  it('a weight multiplies the loss and the derivatives of its sample; ones change no bit, and no weight the count', () => {
    const targets = logits.map((row, s) => row.map((_, i) => [0, 1, 0.25][(s + i) % 3]!));
    for (const loss of ['softmaxCrossEntropy', 'squaredError', 'binaryCrossEntropy'] as const) {
      const run = (weights: readonly number[] | undefined) => {
        startOver();
        const [z, t] = [put(toPanels(logits, width)), put(targets.flat())];
        if (loss === 'softmaxCrossEntropy') words.fill(2, t / 4, t / 4 + count);
        const [d, sums, w] = [room(16 * width), room(2), put(weights ?? [])];
        // Shards of one: with one sample's weight at 1 and 0 for the others the sum is that sample's loss.
        twin[loss](z, t, weights === undefined ? 0 : w, d, count, width, 1, sums, 0);
        return { loss: memory[sums / 4]!, correct: words[sums / 4 + 1], d: take(d, 16 * width) };
      };
      const plain = run(undefined);
      expect(run(Array.from({ length: count }, () => 1))).toEqual(plain);
      const only = (sample: number, weight: number) =>
        run(Array.from({ length: count }, (_, s) => (s === sample ? weight : 0)));
      for (let sample = 0; sample < count; sample++) {
        const [single, weighted] = [only(sample, 1), only(sample, 0.3)];
        expect(weighted.loss).toBe(f(f(0.3) * single.loss));
        expect(weighted.correct).toBe(plain.correct);
        for (let i = 0; i < width; i++) {
          const index = panel(width, sample, i);
          expect(weighted.d[index]).toBe(f(f(0.3) * plain.d[index]!));
        }
      }
    }
  });

  it('squared error gives the 0.185 of equation (4) and the derivative 2 (y - target)', () => {
    startOver();
    const [d, sums] = [room(16), room(2)];
    twin.squaredError(put(toPanels([[0.25, 0.65]], 2)), put([0, 1]), 0, d, 1, 2, 1, sums, 0);
    expect(Math.abs(memory[sums / 4]! - 0.185)).toBeLessThan(0.185e-6);
    expect(memory[d / 4]).toBe(0.5);
    expect(memory[d / 4 + 8]).toBeCloseTo(-0.7, 6);
    expect(words[sums / 4 + 1]).toBe(0);
  });

  it('binary cross-entropy and its derivative agree with float64', () => {
    const targets = logits.map((row, s) => row.map((_, i) => [0, 1, 0.25][(s + i) % 3]!));
    // The first three samples are right; one that is not needs no more than one output on the wrong side.
    const rows = logits.map((row, s) => (s < 4 ? targets[s]!.map((t) => (t > 0.5 ? 2 : -2)) : row));
    rows[3]![4]! *= -1;
    startOver();
    const [z, t, d, sums] = [put(toPanels(rows, width)), put(targets.flat()), room(16 * width), room(2)];
    twin.binaryCrossEntropy(z, t, 0, d, count, width, 4, sums, 0);
    let [loss, correct] = [0, 0];
    rows.forEach((row, s) => {
      if (row.every((x, i) => x > 0 === targets[s]![i]! > 0.5)) correct++;
      row.forEach((x, i) => {
        const [p, target] = [1 / (1 + Math.exp(-x)), targets[s]![i]!];
        loss -= target * Math.log(p) + (1 - target) * Math.log(1 - p);
        expect(memory[d / 4 + panel(width, s, i)]).toBeCloseTo(p - target, 6);
      });
    });
    expect(memory[sums / 4]! / loss).toBeCloseTo(1, 6);
    expect(words[sums / 4 + 1]).toBe(correct);
    expect(correct).toBeGreaterThanOrEqual(3);
  });
});

describe('optimizers', () => {
  it('sgd takes 0.1 to the 0.09995 of equation (12), and momentum looks ahead under Nesterov', () => {
    startOver();
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
      startOver();
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
      startOver();
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
    startOver();
    const source = room(64);
    const rows = room(256);
    bytes.set(
      Array.from({ length: 256 }, (_, i) => i),
      source,
    );
    twin.bytesToRows(source, rows, 1, 256, 256, 255);
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
      startOver();
      const [source, target] = [put([0.25, 0.5, 1.5, 3]), room(4)];
      twin.map(elementaryIds[name], source, target, 4);
      const expected = [0.25, 0.5, 1.5, 3].map((x) => Math[name](x));
      take(target, 4).forEach((y, i) => {
        expect(y / expected[i]!).toBeCloseTo(1, 6);
      });
    }
  });
});
