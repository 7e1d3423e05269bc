/**
 * Class weights: the loss of a training sample, and with it its derivatives, are multiplied by the weight of its
 * class. In: a data set and what the configuration says; out: the data set with a weight for each sample, which is the
 * product of its own weight and that of its class, rounded once.
 */

import type { Dataset } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { nearestFirst } from './nearest.ts';
import type { ClassWeights } from './resolve.ts';

/**
 * Leaves the digest alone: the weights follow from the targets and the configuration, which is bound by its own.
 * Throws CONFIG_INVALID where the weights do not fit the classes.
 */
export function weightClasses(dataset: Dataset, classWeights: ClassWeights | null): Dataset {
  if (classWeights === null) return dataset;
  const { targets, samples } = dataset;
  if (targets.kind !== 'classes') {
    throw new UserError(
      'CONFIG_INVALID',
      'classWeights need targets that are classes, but these are values; remove classWeights.',
    );
  }
  const labels = new Uint32Array(targets.rows);
  const byClass = weightOfClasses(classWeights, labels, targets.names, targets.classes);
  const own = dataset.weights === undefined ? undefined : new Float32Array(dataset.weights);
  const weights = new SharedArrayBuffer(samples * 4);
  const values = new Float32Array(weights);
  for (const [i, label] of labels.entries()) values[i] = (own?.[i] ?? 1) * byClass[label]!;
  return { ...dataset, weights };
}

function weightOfClasses(
  classWeights: ClassWeights,
  labels: Uint32Array,
  names: readonly string[],
  classes: number,
): readonly number[] {
  if (classWeights === 'balanced') {
    const counts = new Float64Array(classes);
    for (const label of labels) counts[label]!++;
    // A class without samples weighs nothing, whatever its weight.
    return Array.from(counts, (count) => (count === 0 ? 1 : labels.length / (classes * count)));
  }
  if (Array.isArray(classWeights)) {
    if (classWeights.length !== classes) {
      throw new UserError(
        'CONFIG_INVALID',
        `classWeights has ${classWeights.length} numbers, but the data has ${classes} classes; give one for each.`,
      );
    }
    return classWeights;
  }
  for (const name of Object.keys(classWeights)) {
    if (names.includes(name)) continue;
    const known = nearestFirst(name, names)
      .slice(0, 3)
      .map((each) => JSON.stringify(each));
    throw new UserError(
      'CONFIG_INVALID',
      `classWeights names the class ${JSON.stringify(name)}, which the data does not have; it has ${known.join(', ')}` +
        `${names.length > 3 ? ' and others' : ''}.`,
    );
  }
  return names.map((name) => classWeights[name] ?? 1);
}
