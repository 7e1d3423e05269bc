/**
 * Mutants: parts that are wrong in one way each, made of the right ones and a wrapper. Each is to be found by the
 * simulation within a bounded number of seeds. These are the lists of them and where they are:
 *
 * - `fleet-mutants.test.ts`: stale answer accepted; future; wrong node; unleased; duplicate counted; no lease timeout;
 *   expired lease forgets its worker; late answer refused; leaving keeps the lease; a split keeps the parent too;
 *   speculation never; audit floor 0; ban not applied to held leases; rejoin resets the newcomer count; version announced
 *   early.
 * - `cover-mutants.test.ts`: sum in arrival order; right before left; one shard short; mean over what arrived; lone node
 *   dropped; audit after close; handle leaked.
 * - `stretch-mutants.test.ts`: those of changing between local stretches and rounds; and of the disk: torn checkpoint
 *   accepted; rename without fsync; resume off by one step; optimizer state not saved. What a real file system may do
 *   to the real store is in checkpoint/store-crash.test.ts.
 * - `core-mutants.test.ts`: metrics, checkpoints, stops and early stopping.
 */

import { simulate } from './simulation.test.support.ts';
import type { Parts } from './world.test.support.ts';

const SEEDS = 1_000;

export interface Mutant {
  readonly parts: Partial<Parts>;
  /** What the simulation has to say of it. */
  readonly found: RegExp;
}

/** The first violation that the seeds find, with its seed. */
export function firstViolation({ parts }: Mutant): string {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      simulate(seed, parts);
    } catch (error) {
      return (error as Error).message;
    }
  }
  return 'nothing is found';
}
