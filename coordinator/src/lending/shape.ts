/** What a run looks like to its workers. */

import type { Dataset } from '@hivegrad/shared/data/dataset';
import { parameterCount } from '@hivegrad/shared/model/parameters';
import type { RunShape } from '@hivegrad/shared/protocol/messages';
import type { BoundConfig } from '../config/bind.ts';

/** The shape of a run, from which every length and limit of the protocol follows. */
export function shapeOf({ config, model, train }: Pick<BoundConfig, 'config' | 'model' | 'train'>): RunShape {
  const { batchSize, shardSize, epochs } = config;
  return {
    samples: train.samples,
    batchSize,
    shardSize,
    epochs,
    parameters: parameterCount(model),
    ...partsOf(train),
  };
}

function partsOf({
  features,
  targets,
  weights,
}: Dataset): Pick<RunShape, 'features' | 'targets' | 'weighted'> {
  const { width } = features;
  return {
    features: features.kind === 'u8' ? { kind: 'u8', width, scale: features.scale } : { kind: 'f32', width },
    targets:
      targets.kind === 'classes'
        ? { kind: 'classes', classes: targets.classes }
        : { kind: 'values', width: targets.width },
    weighted: weights !== undefined,
  };
}
