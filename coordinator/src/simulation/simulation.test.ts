import { describe, expect, it } from 'vitest';
import { corpus } from './corpus.test.support.ts';
import { simulate } from './simulation.test.support.ts';
import type { Tally } from './world.test.support.ts';

/** Schedules to play: more on demand. */
const SEEDS = Number(process.env.HIVEGRAD_SCHEDULES ?? 3_000);
/** Far less than any machine plays. */
const SCHEDULES_PER_MS = 0.02;
/** Violations that are told, each with its seed. */
const VIOLATIONS_MAX = 20;

/** What was counted over `seeds`, and what went wrong. */
function playAll(seeds: Iterable<number>): { tallies: Tally[]; violations: string[] } {
  const tallies: Tally[] = [];
  const violations: string[] = [];
  for (const seed of seeds) {
    try {
      tallies.push(simulate(seed));
    } catch (error) {
      violations.push((error as Error).message);
      if (violations.length === VIOLATIONS_MAX) break;
    }
  }
  return { tallies, violations };
}

describe('whole runs with a fleet, stops, crashes, lies, bad connections and a disk that loses power', () => {
  it('still pass the seeds that once showed a fault', () => {
    expect(playAll(Object.keys(corpus).map(Number)).violations).toEqual([]);
  });

  it('end, once the chaos is over, with the steps, the metrics and the weights of an undisturbed run', {
    timeout: 10_000 + SEEDS / SCHEDULES_PER_MS,
  }, () => {
    const { tallies, violations } = playAll(Array.from({ length: SEEDS }, (_, i) => i + 1));
    expect(violations).toEqual([]);
    // Nothing that this is about stays away.
    const total = (count: (tally: Tally) => number) => tallies.reduce((sum, tally) => sum + count(tally), 0);
    const runsWith = (count: (tally: Tally) => number) => tallies.filter((tally) => count(tally) > 0).length;
    const least = SEEDS / 20;
    for (const outcome of ['finished', 'stopped', 'crashed', 'diverged'] as const) {
      const times = total(({ outcomes }) => outcomes.filter((other) => other === outcome).length);
      expect.soft(times, outcome).toBeGreaterThan(least);
    }
    for (const type of commands) {
      expect
        .soft(
          total(({ commands: of }) => of[type] ?? 0),
          type,
        )
        .toBeGreaterThan(least);
    }
    for (const name of counts)
      expect
        .soft(
          total((tally) => tally[name]),
          name,
        )
        .toBeGreaterThan(least);
    expect(runsWith(({ localSteps, roundSteps }) => Math.min(localSteps, roundSteps))).toBeGreaterThan(
      SEEDS / 5,
    );
    expect(runsWith(({ banned }) => banned)).toBeGreaterThan(least);
    expect(runsWith(({ liesAccepted }) => liesAccepted)).toBeGreaterThan(SEEDS / 100);
  });
});

const commands = [
  'sendWeights',
  'assign',
  'cancel',
  'computeLocal',
  'reject',
  'compare',
  'audit',
  'wait',
  'close',
  'runLocal',
  'holdLocal',
  'abandonStep',
] as const;

const counts = [
  'localSteps',
  'roundSteps',
  'localHolds',
  'checkpoints',
  'checkpointsLeftOut',
  'restored',
  'stoppedEarly',
] as const;
