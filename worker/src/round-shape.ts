/** The tree of one step: which nodes it has, and how many samples each of them. */

import type { Batch } from '@hivegrad/shared/data/sampler';
import { batchOfStep } from '@hivegrad/shared/data/sampler';
import type { Node } from '@hivegrad/shared/reduce/tree';
import { nodesOnLevel, samplesOfNode, shardCount } from '@hivegrad/shared/reduce/tree';
import { topLevel } from './cover.ts';
import { nodesOfBatch } from './layout.ts';
import type { Shared } from './shared.ts';

export interface StepShape {
  readonly step: number;
  readonly batch: Batch;
  readonly shardSize: number;
  readonly shards: number;
  readonly top: Node;
  /** The level of `nodesOfBatch`: threads compute a node above it in parts of this level. */
  readonly level: number;
}

export function shapeOf({ spec, parts, layout }: Shared, step: number): StepShape {
  const { batchSize, shardSize } = spec;
  const batch = batchOfStep(step, parts.train?.samples ?? 0, batchSize);
  const shards = shardCount(batch.count, shardSize);
  const { level } = nodesOfBatch(batch.count, shardSize, layout.threads);
  return { step, batch, shardSize, shards, level, top: { level: topLevel(shards), index: 0 } };
}

/** @throws RangeError where the step has no such node */
export function checkNode({ step, shards, top }: StepShape, { level, index }: Node): void {
  const whole = Number.isInteger(level) && Number.isInteger(index) && level >= 0 && index >= 0;
  if (whole && level <= top.level && index < nodesOnLevel(shards, level)) return;
  throw new RangeError(`step ${step} of ${shards} shards has no node ${level}/${index}`);
}

export function samplesIn({ batch, shardSize }: StepShape, node: Node): number {
  const { begin, end } = samplesOfNode(node, batch.count, shardSize);
  return end - begin;
}
