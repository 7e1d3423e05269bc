/**
 * Brings samples from a data set, whose buffers all threads share, into the input of a thread's network. Rows are
 * copied one by one because an epoch visits them in random order.
 */

import type { Dataset } from '@hivegrad/shared/data/dataset';
import type { Kernels } from '@hivegrad/shared/kernels/kernels';
import { leadingDimension } from '@hivegrad/shared/kernels/kernels';
import type { Network } from '@hivegrad/shared/model/network';

/** Copies `count` samples; `indices(i)` tells which sample of the data set the i-th is. */
export type CopySamples = (network: Network, count: number, indices: (i: number) => number) => void;

/** Above this many elements a copy by `set` beats a loop. */
const LOOP_ELEMENTS_MAX = 16;

export function sampleCopier(dataset: Dataset, kernels: Kernels, memory: SharedArrayBuffer): CopySamples {
  const copyFeatures = featureCopier(dataset, kernels, memory);
  const copyTargets = targetCopier(dataset, memory);
  const copyWeights = weightCopier(dataset, memory);
  return (network, count, indices) => {
    copyFeatures(network, count, indices);
    copyTargets(network, count, indices);
    copyWeights?.(network, count, indices);
  };
}

/** Copies the features alone, for predictions. */

export function featureCopier(
  { features }: Dataset,
  kernels: Kernels,
  memory: SharedArrayBuffer,
): CopySamples {
  const { width } = features;
  const ld = leadingDimension(width);
  if (features.kind === 'u8') {
    const copy = rowCopier(new Uint8Array(features.rows), width, new Uint8Array(memory));
    const divisor = features.scale === 'unit' ? 255 : 1;
    return (network, count, indices) => {
      for (let i = 0; i < count; i++) copy(indices(i), network.inputBytes + i * width);
      kernels.bytesToRows(network.inputBytes, network.inputRows, count, width, ld, divisor);
    };
  }
  // Behind the width rows stay what they were at the start, zero.
  const copy = rowCopier(new Float32Array(features.rows), width, new Float32Array(memory));
  return (network, count, indices) => {
    for (let i = 0; i < count; i++) copy(indices(i), (network.inputRows >>> 2) + i * ld);
  };
}

function targetCopier({ targets }: Dataset, memory: SharedArrayBuffer): CopySamples {
  const width = targets.kind === 'classes' ? 1 : targets.width;
  const copy =
    targets.kind === 'classes'
      ? rowCopier(new Uint32Array(targets.rows), 1, new Uint32Array(memory))
      : rowCopier(new Float32Array(targets.rows), width, new Float32Array(memory));
  return (network, count, indices) => {
    for (let i = 0; i < count; i++) copy(indices(i), (network.targets >>> 2) + i * width);
  };
}

function weightCopier({ weights }: Dataset, memory: SharedArrayBuffer): CopySamples | undefined {
  if (weights === undefined) return undefined;
  const copy = rowCopier(new Float32Array(weights), 1, new Float32Array(memory));
  return (network, count, indices) => {
    for (let i = 0; i < count; i++) copy(indices(i), (network.sampleWeights >>> 2) + i);
  };
}

function rowCopier<T extends Uint8Array | Uint32Array | Float32Array>(
  rows: T,
  width: number,
  target: T,
): (row: number, to: number) => void {
  if (width > LOOP_ELEMENTS_MAX) {
    return (row, to) => target.set(rows.subarray(row * width, (row + 1) * width), to);
  }
  return (row, to) => {
    for (let i = 0, from = row * width; i < width; i++) target[to + i] = rows[from + i]!;
  };
}
