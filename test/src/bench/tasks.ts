/** Tasks of a contest as files that every contestant reads, in whatever language it is written. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '@hivegrad/shared/data/dataset';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import { PRODUCT_SIZE } from 'hivegrad/bench/bench';
import { PROBE_SAMPLES } from 'hivegrad/bench/trainer';
import { bindWorkload, type Workload } from 'hivegrad/bench/workloads';
import type { Task, TrainingTask } from './serve.ts';

/** Writes the product of two matrices; answers the file of the task. */
export function writeProductTask(folder: string): string {
  return writeTask(folder, 'product', { kind: 'product', size: PRODUCT_SIZE });
}

/**
 * Writes `workload` on `train` under `name`: data, the weights that everybody starts from, and the task, whose file is
 * the answer.
 */
export function writeTrainingTask(
  folder: string,
  name: string,
  { workload, train }: { readonly workload: Workload; readonly train: Dataset },
): string {
  const { widths, activation, loss, optimizer, batchSize } = workload;
  const { config, model } = bindWorkload(workload, train);
  mkdirSync(folder, { recursive: true });
  const file = (part: string, values: SharedArrayBuffer | ArrayBufferLike): string => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.${part}`);
    writeFileSync(path, new Uint8Array(values));
    return path;
  };
  const { features, targets, samples } = train;
  const task: TrainingTask = {
    kind: 'training',
    name,
    widths,
    activation,
    loss,
    optimizer,
    batchSize,
    samples,
    probeSamples: PROBE_SAMPLES,
    features: { file: file('features', features.rows), type: features.kind },
    targets: { file: file('targets', targets.rows), type: targets.kind === 'classes' ? 'u32' : 'f32' },
    weights: { file: file('weights', initialWeights(model, config.seed).buffer) },
  };
  return writeTask(folder, name, task);
}

function writeTask(folder: string, name: string, task: Task): string {
  const path = join(folder, `${name.replaceAll(' ', '-')}.json`);
  writeFileSync(path, JSON.stringify(task));
  return path;
}
