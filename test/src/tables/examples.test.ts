/**
 * The examples on real tables reach what they are for: penguins are told apart, and miles per gallon are predicted
 * better than by least squares on the same rows.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '@hivegrad/shared/data/dataset';
import type { ConfigInput } from 'hivegrad';
import { train } from 'hivegrad';
import { loadData } from 'hivegrad/data/load';
import { describe, expect, it } from 'vitest';
import { leastSquares } from './least-squares.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

function example(name: string): ConfigInput {
  const path = fileURLToPath(new URL(`../../../coordinator/examples/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')) as ConfigInput;
}

async function evaluated(config: ConfigInput, seed: number) {
  const { evaluation } = await train({ ...config, seed }, { threads: 1 }).result;
  return evaluation!;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the examples', () => {
  it('tell at least 97 % of the penguins of each of ten test parts', async () => {
    const config = example('penguins');
    const accuracies: number[] = [];
    for (const seed of SEEDS) {
      const evaluation = await evaluated(config, seed);
      if (evaluation.kind !== 'classes') throw new Error(`penguins are ${evaluation.kind}`);
      accuracies.push(evaluation.accuracy);
    }
    expect(Math.min(...accuracies)).toBeGreaterThanOrEqual(0.97);
  }, 60_000);

  it('predict miles per gallon with a lower error than least squares, in the mean over ten seeds', async () => {
    const config = example('auto-mpg');
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (const seed of SEEDS) {
      const evaluation = await evaluated(config, seed);
      if (evaluation.kind !== 'values') throw new Error(`miles per gallon are ${evaluation.kind}`);
      ours.push(evaluation.targets[0]!.rmse);
      const {
        train: fitted,
        test,
        encoding,
      } = await loadData({ kind: 'autoMpg', testFraction: 0.2 }, { seed, validationFraction: 0 });
      const scale = encoding.target.kind === 'values' ? (encoding.target.deviations?.[0] ?? 1) : 1;
      theirs.push(scale * leastSquares(rowsOf(fitted), rowsOf(test)));
    }
    // Least squares are known to be near 3.3 on all 392 rows; it is no straw man that is beaten here.
    expect(mean(theirs)).toBeLessThan(4);
    expect(mean(ours)).toBeLessThan(mean(theirs) - 0.3);
  }, 60_000);
});

/** Inputs and the one target of each sample, as the network sees them. */
function rowsOf({ features, targets, samples }: Dataset) {
  const { width } = features;
  const inputs = new Float32Array(features.rows);
  const values = new Float32Array(targets.rows);
  return Array.from({ length: samples }, (_, i) => ({
    x: Array.from(inputs.subarray(i * width, (i + 1) * width)),
    y: values[i]!,
  }));
}
