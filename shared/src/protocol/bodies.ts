/**
 * Where things lie in bodies, and which samples a node has. Both sides compute it from the run's shape, so that no
 * index of a sample ever travels: bit i of a mask is the sample at position `begin + i` of the epoch's order.
 */

import { batchOfStep, stepsPerEpoch } from '../data/sampler.ts';
import { nodesOnLevel, samplesOfNode, shardCount } from '../reduce/tree.ts';
import { ProtocolError } from './errors.ts';
import { align, featureBytes, LEVEL_MAX, maskBytes, targetBytes } from './limits.ts';
import type { NodeAddress, RunShape } from './messages.ts';

export interface NodePlace {
  readonly epoch: number;
  /** Position of the mini-batch's first sample in the order of the epoch, and its samples. */
  readonly batchBegin: number;
  readonly batchCount: number;
  /** The node's samples as positions in the mini-batch, at least one. */
  readonly begin: number;
  readonly end: number;
}

/** Steps of the whole run, if it is not ended early. */
export function stepsOfRun(shape: RunShape): number {
  return shape.epochs * stepsPerEpoch(shape.samples, shape.batchSize);
}

/**
 * The samples of a node. Throws NO_SUCH_STEP or NO_SUCH_NODE where the run has none; the root has one name only,
 * the lowest level on which it stands alone.
 */
export function placeOfNode(shape: RunShape, { step, level, index }: NodeAddress): NodePlace {
  if (step >= stepsOfRun(shape)) {
    throw new ProtocolError(
      'NO_SUCH_STEP',
      `The run has ${stepsOfRun(shape)} steps, and none with number ${step}.`,
    );
  }
  const batch = batchOfStep(step, shape.samples, shape.batchSize);
  const shards = shardCount(batch.count, shape.shardSize);
  const isAboveRoot = level > LEVEL_MAX || (level > 0 && nodesOnLevel(shards, level - 1) === 1);
  if (isAboveRoot || index >= nodesOnLevel(shards, level)) {
    throw new ProtocolError('NO_SUCH_NODE', `Step ${step} has no node ${index} on level ${level}.`);
  }
  const { begin, end } = samplesOfNode({ level, index }, batch.count, shape.shardSize);
  return { epoch: batch.epoch, batchBegin: batch.begin, batchCount: batch.count, begin, end };
}

/** Byte offsets of the parts of an assignment's body, each a multiple of 8, zeros between them. */
export interface RowsLayout {
  /** A mask over the node's samples stands at 0: which rows come along. They follow in the order of their bits. */
  readonly mask: number;
  /** u8 or float32 [rows][width]. */
  readonly features: number;
  /** u32 [rows], or float32 [rows][width]. */
  readonly targets: number;
  /** float32 [rows]; nothing where rows have no weights. */
  readonly weights: number;
  readonly bytes: number;
}

/** The layout for a node of `samples` samples of which `rows` come along; of 0 bytes without rows. */
export function layoutRows(shape: RunShape, samples: number, rows: number): RowsLayout {
  if (rows === 0) return { mask: 0, features: 0, targets: 0, weights: 0, bytes: 0 };
  const features = maskBytes(samples);
  const targets = features + align(rows * featureBytes(shape));
  const weights = targets + align(rows * targetBytes(shape));
  return { mask: 0, features, targets, weights, bytes: weights + (shape.weighted ? align(rows * 4) : 0) };
}

export function isInMask(mask: Uint8Array, sample: number): boolean {
  return (mask[sample >> 3]! & (1 << (sample & 7))) !== 0;
}

export function putInMask(mask: Uint8Array, sample: number): void {
  mask[sample >> 3]! |= 1 << (sample & 7);
}

/** Bits that are set. */
export function countMask(mask: Uint8Array): number {
  let count = 0;
  for (const byte of mask) for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Throws BODY_CONTENT unless `mask`, over `samples` samples, has `rows` bits set and none behind the last sample. */
export function checkMask(mask: Uint8Array, samples: number, rows: number): void {
  const strays = mask
    .subarray(samples >> 3)
    .some((byte, i) => (i === 0 ? byte >> (samples & 7) : byte) !== 0);
  if (strays)
    throw new ProtocolError('BODY_CONTENT', `The mask names samples behind the ${samples} of the node.`);
  const count = countMask(mask);
  if (count !== rows)
    throw new ProtocolError('BODY_CONTENT', `The mask names ${count} rows, and the message says ${rows}.`);
}
