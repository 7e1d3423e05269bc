/** Loader of NPY files: one array of features, one of targets, perhaps one of weights, for each part. */

import { basename } from 'node:path';
import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { type Arrays, requireSamples, splitArrays } from './arrays.ts';
import { describeSplit } from './describe.ts';
import { availableMemory } from './memory.ts';
import { readNpy } from './npy.ts';
import type { LoadOptions, NpyDataSpec, NpyFiles } from './spec.ts';

/** Reads arrays of a training and perhaps a test part. Errors: those of the reader and of {@link splitArrays}. */
export async function loadNpy(spec: Omit<NpyDataSpec, 'kind'>, load: LoadOptions): Promise<DataSplit> {
  const memoryBytes = load.memoryBytes ?? availableMemory();
  const train = await readArrays(spec.train, memoryBytes);
  const test = spec.test === undefined ? undefined : await readArrays(spec.test, memoryBytes);
  const split = splitArrays({ train, test }, spec, load);
  const files =
    spec.test === undefined
      ? `${basename(spec.train.features)}, test fraction ${spec.testFraction} drawn with seed ${load.seed}`
      : `${basename(spec.train.features)} and ${basename(spec.test.features)}`;
  const origin =
    spec.train.weights === undefined ? files : `${files}; weighted by ${basename(spec.train.weights)}`;
  return { ...split, description: describeSplit('NPY', split, origin) };
}

async function readArrays(files: NpyFiles, memoryBytes: number): Promise<Arrays> {
  const features = await readNpy(files.features, memoryBytes);
  const targets = await readNpy(files.targets, memoryBytes);
  const weights = files.weights === undefined ? undefined : await readNpy(files.weights, memoryBytes);
  const arrays = { features, targets, ...(weights && { weights }) };
  requireSamples(arrays);
  return arrays;
}
