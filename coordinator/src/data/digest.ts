/**
 * The identity of a data set. A run is bound to this digest: resuming, or a second machine, with
 * other samples is refused. What goes in is everything that the weights depend on (shapes, kinds,
 * scale, number of classes, every byte, weights) and nothing else: not file names, not the names of classes.
 */

import { createHash } from 'node:crypto';
import type { Dataset, Features, Targets } from '@hivegrad/shared/data/dataset';

/**
 * SHA-256 in hex over one line of JSON with fixed key order, a newline, the feature rows, the target
 * rows and the weights, where there are any. Rows are hashed as they lie in memory, which is little-endian wherever Node runs a
 * kernel of this project.
 */
export function datasetDigest(
  features: Features,
  targets: Targets,
  { samples, weights }: { samples: number; weights?: SharedArrayBuffer | undefined },
): string {
  const header = {
    format: 'hivegrad-dataset-1',
    samples,
    features:
      features.kind === 'u8'
        ? { kind: features.kind, scale: features.scale, width: features.width }
        : { kind: features.kind, width: features.width },
    targets:
      targets.kind === 'classes'
        ? { kind: targets.kind, classes: targets.classes }
        : { kind: targets.kind, width: targets.width },
    // Absent keys leave no trace, so sets without weights keep the digests that they had before there were any.
    weights: weights === undefined ? undefined : 'f32',
  };
  const hash = createHash('sha256')
    .update(`${JSON.stringify(header)}\n`)
    .update(new Uint8Array(features.rows))
    .update(new Uint8Array(targets.rows));
  if (weights !== undefined) hash.update(new Uint8Array(weights));
  return hash.digest('hex');
}

/** Puts rows and their digest together; throws when a buffer does not hold exactly `samples` rows. */
export function createDataset(
  features: Features,
  targets: Targets,
  { samples, weights }: { samples: number; weights?: SharedArrayBuffer | undefined },
): Dataset {
  const featureBytes = samples * features.width * (features.kind === 'u8' ? 1 : 4);
  const targetBytes = samples * 4 * (targets.kind === 'classes' ? 1 : targets.width);
  if (features.rows.byteLength !== featureBytes) {
    throw new Error(`feature rows have ${features.rows.byteLength} bytes, not ${featureBytes}`);
  }
  if (targets.rows.byteLength !== targetBytes) {
    throw new Error(`target rows have ${targets.rows.byteLength} bytes, not ${targetBytes}`);
  }
  if (weights !== undefined && weights.byteLength !== 4 * samples) {
    throw new Error(`weights have ${weights.byteLength} bytes, not ${4 * samples}`);
  }
  const digest = datasetDigest(features, targets, { samples, weights });
  const dataset = { samples, features, targets, digest };
  return weights === undefined ? dataset : { ...dataset, weights };
}
