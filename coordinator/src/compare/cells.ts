/**
 * The cells of a comparison: the product of its axes without what is the same computation twice. In: a comparison
 * and the number of training samples; out: cells in the order in which they are run and shown, and a sentence for
 * whatever was merged. Two cells of different ids never compute the same.
 */

import { formatCount } from '../cli/format.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { resolveShardSize } from '../config/resolve.ts';
import type { Comparison } from './document.ts';
import { scaledRate } from './learning-rates.ts';
import type { StrategyName } from './strategies.ts';
import { strategyOf } from './strategies.ts';

export interface Cell {
  /** Short, unique, fit for a directory: `minibatch-32`, or `minibatch-32-rate-0.1-threads-2`. */
  readonly id: string;
  readonly strategy: StrategyName;
  /** Samples of a step. */
  readonly batchSize: number;
  readonly shardSize: number;
  readonly threads: number;
  /** Before the policy: which entry of the axis this is. */
  readonly baseRate: number;
  /** After the policy; where that is a search, what its factors multiply. */
  readonly learningRate: number;
}

export interface Grid {
  readonly cells: readonly Cell[];
  readonly notices: readonly string[];
}

/** `samples` of the training part, `threads` where the comparison names none. */
export function cellsOf(
  comparison: Comparison,
  { samples, threads }: { samples: number; threads: number },
): Grid {
  const { batchSizes, learningRates, strategies } = comparison;
  const notices = new Set<string>();
  const sizes = batchSizes.map((size) => (size === 'all' ? samples : Math.min(size, samples)));
  for (const size of batchSizes) {
    if (size !== 'all' && size > samples)
      notices.add(
        `A batch of ${formatCount(size)} is the whole set, which has ${formatCount(samples)} samples.`,
      );
  }
  const threadCounts = comparison.threads ?? [threads];
  const cells = new Map<string, Cell>();
  for (const count of threadCounts) {
    for (const baseRate of learningRates) {
      for (const { strategy, batchSize } of steps(strategies, sizes, { samples, notices })) {
        const suffix = [
          ...(learningRates.length > 1 ? [`rate-${String(baseRate).replace('+', '')}`] : []),
          ...(threadCounts.length > 1 ? [`threads-${count}`] : []),
        ];
        const name = strategyOf(strategy).batchSizes([], samples).length === 1 ? [] : [String(batchSize)];
        const id = [strategy, ...name, ...suffix].join('-');
        cells.set(id, {
          id,
          strategy,
          batchSize,
          ...resolveShard(batchSize),
          threads: count,
          baseRate,
          learningRate: scaledRate(comparison.learningRatePolicy, baseRate, batchSize),
        });
      }
    }
  }
  return { cells: [...cells.values()].sort((a, b) => a.batchSize - b.batchSize), notices: [...notices] };
}

/** The configuration of one run of a cell. */
export function configOf(
  comparison: Comparison,
  cell: Cell,
  { seed, learningRate = cell.learningRate }: { seed: number; learningRate?: number },
): ResolvedConfig {
  const { base, learningRatePolicy: policy } = comparison;
  const warmupEpochs = 'warmupEpochs' in policy ? policy.warmupEpochs : undefined;
  return {
    ...base,
    name: cell.id,
    optimizer: { ...base.optimizer, learningRate },
    schedule: { ...base.schedule, ...(warmupEpochs !== undefined && { warmupEpochs }) },
    batchSize: cell.batchSize,
    shardSize: cell.shardSize,
    seed,
  };
}

/** Which strategy takes steps of which size; of two of one family that take the same, the more telling name stays. */
function steps(
  names: readonly StrategyName[],
  sizes: readonly number[],
  { samples, notices }: { samples: number; notices: Set<string> },
): readonly { strategy: StrategyName; batchSize: number }[] {
  const taken = new Map<string, { strategy: StrategyName; batchSize: number }>();
  // A strategy without a choice comes first: "sgd" says more than "minibatch of 1".
  const fixed = (name: StrategyName) => strategyOf(name).batchSizes([], samples).length;
  for (const strategy of [...names].sort((a, b) => fixed(b) - fixed(a))) {
    const { family, batchSizes } = strategyOf(strategy);
    for (const batchSize of new Set(batchSizes(sizes, samples))) {
      const key = `${family} ${batchSize}`;
      const other = taken.get(key);
      if (other === undefined) taken.set(key, { strategy, batchSize });
      else
        notices.add(
          `${strategy} with a batch of ${formatCount(batchSize)} is what ${other.strategy} does; it is run once, as ${other.strategy}.`,
        );
    }
  }
  return [...taken.values()];
}

function resolveShard(batchSize: number): { shardSize: number } {
  return { shardSize: resolveShardSize(batchSize, undefined).shardSize };
}
