import { describe, expect, it } from 'vitest';
import { evaluateBinary, rankCurve } from './binary.ts';

/** The definition: over all pairs of a yes and a no, one for a yes that is higher, one half for a tie. */
function aucOfPairs(yes: readonly number[], no: readonly number[]): number {
  let wins = 0;
  for (const y of yes) for (const n of no) wins += y > n ? 1 : y === n ? 0.5 : 0;
  return wins / (yes.length * no.length);
}

/** Reproducible numbers, uniform in [0, 1). */
function* uniform(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

describe('rankCurve', () => {
  it.each([3, 8, 1000])('gives the area of the definition, with ties among %i different values', (levels) => {
    const random = uniform(levels);
    const draw = (count: number, shift: number) =>
      Array.from({ length: count }, () =>
        Math.fround(Math.min(1, Math.floor(random.next().value * levels) / levels + shift)),
      );
    const [yes, no] = [draw(157, 0.1), draw(211, 0)];
    const { auc } = rankCurve(Float32Array.from(yes), Float32Array.from(no));
    expect(auc).toBe(aucOfPairs(yes, no));
  });

  it('is 1, 0 and one half for the right order, the reverse, and nothing but ties', () => {
    const [low, high] = [() => Float32Array.of(0.1, 0.2), () => Float32Array.of(0.8, 0.9)];
    expect([rankCurve(high(), low()).auc, rankCurve(low(), high()).auc, rankCurve(low(), low()).auc]).toEqual(
      [1, 0, 0.5],
    );
    expect(rankCurve(high(), new Float32Array(0))).toEqual({ auc: null, roc: [] });
  });

  it('gives the corners of the curve, one for each probability', () => {
    const { roc } = rankCurve(Float32Array.of(0.9, 0.6, 0.6, 0.2), Float32Array.of(0.6, 0.1));
    const corners = roc.map(({ falsePositiveRate, truePositiveRate }) => [
      falsePositiveRate,
      truePositiveRate,
    ]);
    expect(corners).toEqual([
      [0, 0],
      [0, 0.25],
      [0.5, 0.75],
      [0.5, 1],
      [1, 1],
    ]);
  });

  it('sorts 600,000 samples exactly, and thins the curve but not the area', () => {
    const count = 300_000;
    const yes = Float32Array.from({ length: count }, (_, i) => (2 * i + 1) / (2 * count));
    const no = Float32Array.from({ length: count }, (_, i) => (2 * i) / (2 * count));
    const { auc, roc } = rankCurve(yes.reverse(), no);
    expect(auc).toBeCloseTo((count + 1) / (2 * count), 6);
    expect(roc.length).toBeGreaterThan(190);
    expect(roc.length).toBeLessThan(203);
    expect(roc.at(-1)).toEqual({ falsePositiveRate: 1, truePositiveRate: 1 });
  });
});

describe('evaluateBinary', () => {
  it('counts at the threshold, where one half is a no', () => {
    const predictions = Float32Array.of(0.9, 0.5, 0.7, 0.2, 0.6);
    const { outputs, accuracy } = evaluateBinary(predictions, Float32Array.of(1, 1, 0, 0, 1), ['ill']);
    expect(outputs[0]).toMatchObject({
      name: 'ill',
      positives: 3,
      negatives: 2,
      truePositives: 2,
      falsePositives: 1,
      accuracy: 3 / 5,
      precision: 2 / 3,
      recall: 2 / 3,
      f1: 2 / 3,
      auc: 4 / 6,
    });
    expect(accuracy).toBe(3 / 5);
  });

  it('counts a sample as right when all of its outputs are', () => {
    const predictions = Float32Array.of(0.9, 0.1, 0.9, 0.9);
    const evaluation = evaluateBinary(predictions, Float32Array.of(1, 0, 1, 0), ['a', 'b']);
    expect(evaluation.accuracy).toBe(0.5);
    expect(evaluation.outputs.map((output) => output.accuracy)).toEqual([1, 0.5]);
  });

  it('gives the log loss of soft targets too, and a finite one for certainty that is wrong', () => {
    const p = Math.fround(0.25);
    const { logLoss } = evaluateBinary(Float32Array.of(p, p), Float32Array.of(1, 0.25), ['a']);
    const expected = -(Math.log(p) + 0.25 * Math.log(p) + 0.75 * Math.log(1 - p)) / 2;
    expect(logLoss).toBeCloseTo(expected, 14);
    const sure = evaluateBinary(Float32Array.of(0, 1), Float32Array.of(1, 1), ['a']);
    expect(sure.logLoss).toBeCloseTo(-Math.log(1e-7) / 2, 6);
  });

  it('has no precision where nothing was answered with yes, and no area where there is one kind only', () => {
    const { outputs } = evaluateBinary(Float32Array.of(0.1, 0.2), Float32Array.of(0, 0), ['a']);
    expect(outputs[0]).toMatchObject({ precision: null, recall: null, f1: null, auc: null, roc: [] });
  });
});
