/**
 * The `data` part of a configuration: with its paths made absolute, without them for the digest, and the loss that
 * goes with its targets.
 */

import { resolve } from 'node:path';
import type { Loss } from '@hivegrad/shared/model/spec';
import type { DataSpec, IdxPair } from '../data/spec.ts';
import type { ParsedConfig } from './schema.ts';

type ParsedData = ParsedConfig['data'];

/** Paths relative to `directory` become absolute, a single target a list of one. */
export function resolveData(data: ParsedData, directory: string): DataSpec {
  const absolute = (path: string) => resolve(directory, path);
  const pair = ({ images, labels }: IdxPair) => ({ images: absolute(images), labels: absolute(labels) });
  const arrays = ({ features, targets }: { features: string; targets: string }) => ({
    features: absolute(features),
    targets: absolute(targets),
  });
  switch (data.kind) {
    case 'mnist': {
      const { directory: files, ...rest } = data;
      return files === undefined ? rest : { ...rest, directory: absolute(files) };
    }
    case 'idx': {
      const { classes, ...rest } = data;
      const spec = { ...rest, train: pair(data.train), test: pair(data.test) };
      return classes === undefined ? spec : { ...spec, classes };
    }
    case 'csv':
    case 'json':
    case 'parquet': {
      const { test, target, weight, ...rest } = data;
      return {
        ...rest,
        train: absolute(data.train),
        ...(test !== undefined && { test: absolute(test) }),
        target: typeof target === 'string' ? [target] : target,
        ...(weight !== undefined && { weight }),
      };
    }
    case 'npy': {
      const { train, test, classes, ...rest } = data;
      const { weights } = train;
      return {
        ...rest,
        train: { ...arrays(train), ...(weights !== undefined && { weights: absolute(weights) }) },
        ...(test !== undefined && { test: arrays(test) }),
        ...(classes !== undefined && { classes }),
      };
    }
    case 'memory': {
      const { classes, ...rest } = data;
      return classes === undefined ? rest : { ...rest, classes };
    }
    case 'autoMpg':
    case 'penguins':
    case 'flights':
      return data;
  }
}

/**
 * What of the data decides the bits of the result: everything but the paths, for files may be moved. Settings that
 * are off leave no trace, so that a configuration from before they existed keeps its digest.
 */
export function withoutPaths(data: DataSpec): object {
  switch (data.kind) {
    case 'mnist': {
      const { directory: _, ...rest } = data;
      return rest;
    }
    case 'idx': {
      const { train: _, test: __, ...rest } = data;
      return rest;
    }
    case 'csv':
    case 'json':
    case 'parquet': {
      const { train: _, test, testFraction, missing, standardizeTargets, ...rest } = data;
      return {
        ...rest,
        ...ownTest(test, testFraction),
        ...(missing !== 'refuse' && { missing }),
        ...(standardizeTargets && { standardizeTargets }),
      };
    }
    case 'npy': {
      const { train, test, testFraction, ...rest } = data;
      return {
        ...rest,
        ...ownTest(test, testFraction),
        ...(train.weights !== undefined && { weighted: true }),
      };
    }
    case 'memory':
    case 'autoMpg':
    case 'penguins':
    case 'flights':
      return data;
  }
}

/** With a test file of its own the fraction is not used. */
function ownTest(test: unknown, testFraction: number): object {
  return test === undefined ? { testFraction } : { ownTestFile: true };
}

/** The loss of a configuration that names none. */
export function defaultLoss(data: DataSpec): Loss {
  switch (data.kind) {
    case 'mnist':
    case 'idx':
    case 'penguins':
      return 'softmaxCrossEntropy';
    case 'autoMpg':
      return 'squaredError';
    case 'flights':
      return 'binaryCrossEntropy';
    case 'csv':
    case 'json':
    case 'parquet':
    case 'npy':
    case 'memory':
      return data.task === 'values' ? 'squaredError' : 'softmaxCrossEntropy';
  }
}
