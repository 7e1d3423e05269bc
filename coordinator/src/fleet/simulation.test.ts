import { describe, expect, it } from 'vitest';
import { fleetStep } from './fleet.ts';
import type { Tally } from './simulation.test.support.ts';
import { simulate } from './simulation.test.support.ts';

/** Seeds that once showed a fault, of the fleet or of a mutant that was hard to find. They run first. */
const corpus: readonly number[] = [6409];
const SEEDS = 3_000;

describe('a simulated fleet', () => {
  it('still passes the seeds that once showed a fault', () => {
    for (const seed of corpus) expect(simulate(seed, fleetStep).commands.close).toBe(10);
  });

  it('takes every step with every shard, and ends once the chaos is over, whatever happens', () => {
    const all: Tally[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) all.push(simulate(seed, fleetStep));
    const count = (type: string) => all.reduce((sum, { commands }) => sum + (commands[type] ?? 0), 0);
    expect(count('close')).toBe(10 * SEEDS);
    // Nothing that this is about stays away.
    for (const type of [
      'sendWeights',
      'assign',
      'cancel',
      'computeLocal',
      'reject',
      'compare',
      'audit',
      'wait',
    ]) {
      expect.soft(count(type), type).toBeGreaterThan(SEEDS / 20);
    }
    expect(all.filter(({ banned }) => banned > 0).length).toBeGreaterThan(SEEDS / 20);
    expect(all.filter(({ liesAccepted }) => liesAccepted > 0).length).toBeGreaterThan(SEEDS / 100);
  });
});
