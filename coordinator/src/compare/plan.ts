/**
 * What is to be run, in which order, and how long it takes. In: cells and seeds; out: runs. The first seed of every
 * cell comes before the second of any, so that an early look at the report shows all cells, and a machine that grows
 * slower over time does not do so for one cell alone.
 */

import type { Cell } from './cells.ts';
import type { Comparison } from './document.ts';
import { factorsOf } from './search.ts';

/** One training. */
export interface PlannedRun {
  readonly cell: Cell;
  readonly seed: number;
  /** A short run of the search, before the first seed. */
  readonly factor?: number;
  readonly epochs: number;
}

export function runsOf(comparison: Comparison, cells: readonly Cell[]): readonly PlannedRun[] {
  const { learningRatePolicy: policy, epochs, seeds } = comparison;
  const searches = policy.type === 'search' ? factorsOf(policy) : [];
  const searchEpochs = policy.type === 'search' ? policy.searchEpochs : 0;
  return [
    ...cells.flatMap((cell) =>
      searches.map((factor) => ({ cell, seed: seeds[0]!, factor, epochs: searchEpochs })),
    ),
    ...seeds.flatMap((seed) => cells.map((cell) => ({ cell, seed, epochs }))),
  ];
}

/** The name of a run's directory in that of its cell. */
export function runName({ seed, factor }: PlannedRun): string {
  return factor === undefined ? `seed-${seed}` : `search-${factor}`;
}
