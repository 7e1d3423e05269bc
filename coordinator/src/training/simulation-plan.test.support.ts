/** What a simulated run starts from, and what it must leave: random plans, the sums of each step, and all lines. */

import type { MetricsLine, Plan } from './core.ts';
import type { StepSums } from './sums.ts';
import { addSums, noSums } from './sums.ts';

/** The core did what it must not, or left out what it must do. */
export class Violation extends Error {}

export interface Random {
  /** An integer from 0 up to `n`, without it. */
  below(n: number): number;
  chance(p: number): boolean;
}

/** Short epochs, and times that make everything from no checkpoint to one at each step boundary. */
export function randomPlan({ below, chance }: Random): Plan {
  const checkpointMs = [100, 400, 2000, 1e9][below(4)]!;
  return {
    stepsPerEpoch: 1 + below(9),
    epochs: 1 + below(4),
    metricsEvery: 1 + below(6),
    checkpointMs,
    checkpointMsMin: chance(0.3) ? 0 : Math.min(checkpointMs, 50 + below(1000)),
    stretchSteps: chance(0.5) ? 1000 : 1 + below(5),
    stretchMs: 200 + below(2000),
  };
}

/** The lines of a run that nothing interrupts until it has taken `steps` steps. */
export function uninterrupted(plan: Plan, steps: number): string[] {
  const lines: string[] = [];
  for (let epochBegin = 0, epoch = 1; epochBegin < steps; epochBegin += plan.stepsPerEpoch, epoch++) {
    const all = Array.from(
      { length: Math.min(plan.stepsPerEpoch, steps - epochBegin) },
      (_, i) => epochBegin + i,
    );
    for (let begin = 0; begin < all.length; begin += plan.metricsEvery) {
      const window = all.slice(begin, begin + plan.metricsEvery);
      const complete = window.length === plan.metricsEvery || begin + window.length === plan.stepsPerEpoch;
      const line: MetricsLine = { kind: 'train', step: window.at(-1)! + 1, epoch, sums: sumOf(window) };
      if (complete) lines.push(JSON.stringify(line));
    }
    if (all.length < plan.stepsPerEpoch) break;
    const step = all.at(-1)! + 1;
    const line: MetricsLine = { kind: 'epoch', step, epoch, train: sumOf(all), test: testSums(step) };
    lines.push(JSON.stringify(line));
  }
  return lines;
}

const sumOf = (steps: readonly number[]) => steps.map(trainSums).reduce(addSums, noSums);
/** Sums whose fractions show in which order they were added. */
export const trainSums = (step: number): StepSums => ({
  lossSum: 1 / (step + 3),
  correct: step % 5,
  samples: 7 + (step % 3),
});
export const testSums = (step: number): StepSums => ({
  lossSum: 9 / (step + 1),
  correct: step,
  samples: 100,
});

export function createRandom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b9);
  const word = () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  };
  return { below: (n) => word() % n, chance: (p) => word() / 2 ** 32 < p };
}

export function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Violation(otherwise);
}
