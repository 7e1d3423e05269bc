/**
 * What a safetensors file holds. In: its bytes; out: its tensors with statistics, its metadata, and where it is one
 * of our checkpoints, what that says about a training. Files of other programs are listed as far as they go.
 */

import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { areOurs, requireSafetensors } from '../checkpoint/foreign.ts';
import { decodeCheckpoint } from '../checkpoint/format.ts';
import { readEntries, valueCount } from '../checkpoint/safetensors.ts';
import { modelOf } from '../export/network.ts';
import { type Statistics, statisticsOf } from './statistics.ts';

export interface TensorReport {
  readonly name: string;
  /** As safetensors names it, for example `F32`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: number;
  /** Null where the type is not read as numbers. */
  readonly statistics: Statistics | null;
}

export interface CheckpointReport {
  readonly format: string;
  readonly step: number;
  readonly weightsSha256: string;
  readonly configSha256: string;
  readonly dataSha256: string;
  /** Vectors that the optimizer keeps beside the weights. */
  readonly optimizerSlots: readonly string[];
  /** Null where this version does not know what is in the model. */
  readonly model: ModelSpec | null;
}

export interface FileReport {
  readonly path: string;
  readonly bytes: number;
  /** Null for a file of another program. */
  readonly checkpoint: CheckpointReport | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly TensorReport[];
}

/** @throws UserError `CHECKPOINT_DAMAGED`, or `CHECKPOINT_FOREIGN` for what is no safetensors file */
export function inspectFile(bytes: Uint8Array, path: string): FileReport {
  requireSafetensors(bytes, path);
  const { entries, metadata, dataStart } = readEntries(bytes, path);
  const checkpoint = areOurs(metadata) ? decodeCheckpoint(bytes, path) : undefined;
  const tensors = entries.map(({ name, dtype, shape, begin, end }): TensorReport => {
    const data = bytes.subarray(dataStart + begin, dataStart + end);
    return { name, dtype, shape, values: valueCount(shape), statistics: statisticsOf(dtype, data) ?? null };
  });
  return {
    path,
    bytes: bytes.length,
    checkpoint:
      checkpoint === undefined
        ? null
        : {
            format: metadata.format ?? '',
            step: checkpoint.step,
            weightsSha256: checkpoint.weightsDigest,
            configSha256: checkpoint.configDigest,
            dataSha256: checkpoint.dataDigest,
            optimizerSlots: checkpoint.optimizerSlots,
            model: knownModel(checkpoint.model, path),
          },
    metadata,
    tensors,
  };
}

function knownModel(json: unknown, path: string): ModelSpec | null {
  try {
    return modelOf(json, path);
  } catch {
    // The rest of the file can be shown all the same.
    return null;
  }
}
