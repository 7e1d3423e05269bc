/** Wording that the loaders share: counts, and the one-line description of a split. */

import type { Dataset } from '@hivegrad/shared/data/dataset';

/** 60000 becomes "60,000", whatever the locale of the machine. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** "MNIST: 60,000 training and 10,000 test samples of 784 bytes, 10 classes (origin)". */
export function describeSplit(
  name: string,
  parts: { train: Dataset; validation?: Dataset; test: Dataset },
  origin: string,
): string {
  const { features, targets } = parts.train;
  const unit = features.kind === 'u8' ? 'byte' : 'number';
  const row = `${formatCount(features.width)} ${unit}${features.width === 1 ? '' : 's'}`;
  const validation =
    parts.validation === undefined ? '' : `, ${formatCount(parts.validation.samples)} validation`;
  const counts = `${formatCount(parts.train.samples)} training${validation} and ${formatCount(parts.test.samples)} test samples`;
  const outcome =
    targets.kind === 'classes'
      ? `${formatCount(targets.classes)} class${targets.classes === 1 ? '' : 'es'}`
      : `${formatCount(targets.width)} target value${targets.width === 1 ? '' : 's'}`;
  return `${name}: ${counts} of ${row}, ${outcome} (${origin})`;
}
