/**
 * Samples that are numbers already, before they are cut into parts: what the loaders of IDX and NPY have in common.
 * Parts are copied out of the whole, unless the whole is the part.
 */

import type { Dataset, Features, Targets } from '@hivegrad/shared/data/dataset';
import { createDataset } from './digest.ts';
import type { LoadOptions } from './spec.ts';
import { countedRows, drawTest, drawValidation, type TrainingCut, takeRows } from './split.ts';

export interface Samples {
  /** For messages. */
  readonly path: string;
  readonly count: number;
  readonly features: Features;
  readonly targets: Targets;
  /** One float32 per sample. */
  readonly weights?: SharedArrayBuffer;
}

export interface SampleCut extends TrainingCut {
  /** Absent where the test part has a file of its own. */
  readonly test?: Uint32Array;
}

/** Draws a test part, where `testFraction` is given, and a validation part from `count` samples. */
export function cutSamples(
  { path, count }: Pick<Samples, 'path' | 'count'>,
  { seed, validationFraction = 0, testFraction }: LoadOptions & { testFraction?: number },
): SampleCut {
  const all = countedRows(count);
  const first =
    testFraction === undefined ? { train: all } : drawTest(all, { path, fraction: testFraction, seed });
  const cut = drawValidation(first.train, { path, fraction: validationFraction, seed });
  return 'test' in first ? { ...cut, test: first.test } : cut;
}

/** The data set of all samples, or of some in the order of `rows`. Only a training part has `weights`. */
export function datasetOf(
  all: Samples,
  { rows, weighted = false }: { rows?: Uint32Array | undefined; weighted?: boolean } = {},
): Dataset {
  const weights = weighted ? all.weights : undefined;
  if (rows === undefined || isWhole(rows, all.count)) {
    return createDataset(all.features, all.targets, { samples: all.count, weights });
  }
  const { features, targets } = all;
  const featureBytes = features.width * (features.kind === 'u8' ? 1 : 4);
  const targetBytes = 4 * (targets.kind === 'classes' ? 1 : targets.width);
  return createDataset(
    { ...features, rows: takeRows(features.rows, featureBytes, rows) },
    { ...targets, rows: takeRows(targets.rows, targetBytes, rows) },
    { samples: rows.length, weights: weights === undefined ? undefined : takeRows(weights, 4, rows) },
  );
}

function isWhole(rows: Uint32Array, count: number): boolean {
  return rows.length === count && rows.every((row, position) => row === position);
}
