/**
 * The frames of assignments: a node, and those of its rows that the worker lacks. In: a node and what its worker's
 * cache has; out: one frame, of at most the size that the protocol allows as long as nodes keep to `nodeShardsMax` of
 * settings.ts.
 */

import type { Dataset } from '@hivegrad/shared/data/dataset';
import { epochOrder } from '@hivegrad/shared/data/sampler';
import { isInMask, layoutRows, placeOfNode, putInMask } from '@hivegrad/shared/protocol/bodies';
import { openFrame } from '@hivegrad/shared/protocol/codec';
import { featureBytes, targetBytes } from '@hivegrad/shared/protocol/limits';
import type { Missing, NodeAddress, RunShape } from '@hivegrad/shared/protocol/messages';
import type { CachedRows } from './sent-rows.ts';

export interface Assignments {
  /** Notes the rows that come along as sent. `leaseMs` is a hint for the worker. */
  frameOf(node: NodeAddress, leaseMs: number, rows: CachedRows): Uint8Array<ArrayBuffer>;
  /** The worker does not have the rows that it names; they come with the next assignment. */
  forget(missing: Missing, rows: CachedRows): void;
}

export interface AssignmentsOptions {
  readonly shape: RunShape;
  readonly seed: number;
  readonly data: Dataset;
}

export function openAssignments({ shape, seed, data }: AssignmentsOptions): Assignments {
  const parts = rowParts(shape, data);
  let order: { epoch: number; samples: Uint32Array } = { epoch: -1, samples: new Uint32Array(0) };
  /** Where a node's samples lie in the training set. */
  const samplesOf = (node: NodeAddress): Uint32Array => {
    const { epoch, batchBegin, begin, end } = placeOfNode(shape, node);
    if (order.epoch !== epoch) order = { epoch, samples: epochOrder(seed, epoch, shape.samples) };
    return order.samples.subarray(batchBegin + begin, batchBegin + end);
  };
  return {
    frameOf({ step, level, index }, leaseMs, rows) {
      const samples = samplesOf({ step, level, index });
      const lacking = samples.filter((sample) => !rows.has(sample));
      const layout = layoutRows(shape, samples.length, lacking.length);
      const header = { type: 'assign', step, level, index, version: step, leaseMs, rows: lacking.length };
      const { frame, body } = openFrame(header, layout.bytes);
      if (lacking.length === 0) return frame;
      for (const [i, sample] of samples.entries()) {
        if (rows.has(sample)) continue;
        putInMask(body, i);
      }
      for (const [row, sample] of lacking.entries()) {
        for (const { bytes, width, name } of parts) {
          body.set(bytes.subarray(sample * width, (sample + 1) * width), layout[name] + row * width);
        }
        rows.note(sample);
      }
      return frame;
    },

    forget(missing, rows) {
      for (const [i, sample] of samplesOf(missing).entries()) {
        if (isInMask(missing.body, i)) rows.forget(sample);
      }
    },
  };
}

/** Each part of a row: where those of all samples lie, and the bytes of one. */
function rowParts(shape: RunShape, { features, targets, weights }: Dataset) {
  const part = (name: 'features' | 'targets' | 'weights', rows: SharedArrayBuffer, width: number) => ({
    name,
    bytes: new Uint8Array(rows),
    width,
  });
  return [
    part('features', features.rows, featureBytes(shape)),
    part('targets', targets.rows, targetBytes(shape)),
    ...(weights === undefined ? [] : [part('weights', weights, 4)]),
  ];
}
