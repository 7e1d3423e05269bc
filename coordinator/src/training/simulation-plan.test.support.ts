/** What a simulated run starts from, and what it must leave: random plans, the sums of each step, and all lines. */

import type { Plan } from './core.ts';
import type { MetricsLine } from './events.ts';
import type { EpochEnd } from './progress.ts';
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
  const validation = chance(0.7);
  const early = validation && chance(0.8);
  return {
    stepsPerEpoch: 1 + below(9),
    epochs: 1 + below(early ? 9 : 4),
    metricsEvery: 1 + below(6),
    checkpointMs,
    checkpointMsMin: chance(0.3) ? 0 : Math.min(checkpointMs, 50 + below(1000)),
    stretchSteps: chance(0.5) ? 1000 : 1 + below(5),
    stretchMs: 200 + below(2000),
    validation,
    earlyStopping: early
      ? {
          patience: 1 + below(4),
          minDelta: [0, 0, 0.01, 0.1][below(4)]!,
          metric: chance(0.5) ? 'loss' : 'accuracy',
        }
      : null,
  };
}

/** What a run that nothing interrupts leaves. */
export interface Expected {
  /** Steps until a step diverges or the run ends, and their lines. */
  readonly steps: number;
  readonly lines: readonly string[];
  /** Steps of a run in which none diverges, the step whose weights are its own, and the epoch that it reports. */
  readonly end: number;
  readonly weights: number;
  readonly reported: EpochEnd;
}

export function uninterrupted(plan: Plan, divergesAt = Number.POSITIVE_INFINITY): Expected {
  const ends = Array.from({ length: plan.epochs }, (_, i) => endOf(plan, i + 1));
  const best = bestEpochs(plan, ends);
  const patience = plan.earlyStopping?.patience ?? Number.POSITIVE_INFINITY;
  const stopped = best.findIndex((at, i) => i - at >= patience);
  const last = stopped < 0 ? plan.epochs - 1 : stopped;
  const reported = ends[plan.earlyStopping === null ? last : best[last]!]!;
  const end = ends[last]!.step;
  const steps = Math.min(end, divergesAt);
  return { steps, lines: linesOf(plan, steps, ends), end, weights: reported.step, reported };
}

/** For each epoch, the index of the best one until then. */
function bestEpochs({ earlyStopping }: Plan, ends: readonly EpochEnd[]): number[] {
  if (earlyStopping === null) return [];
  const { metric, minDelta } = earlyStopping;
  const scores = ends.map(({ validation: { lossSum, correct, samples } = noSums }) =>
    metric === 'loss' ? -(lossSum / samples) : correct / samples,
  );
  let best = 0;
  return scores.map((score, i) => {
    if (score - scores[best]! > minDelta) best = i;
    return best;
  });
}

function endOf({ stepsPerEpoch, validation }: Plan, epoch: number): EpochEnd {
  const step = epoch * stepsPerEpoch;
  return { epoch, step, ...(validation && { validation: validationSums(step) }), test: testSums(step) };
}

/** All lines of the first `steps` steps. */
function linesOf(plan: Plan, steps: number, ends: readonly EpochEnd[]): string[] {
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
    const { step, validation, test } = ends[epoch - 1]!;
    const line: MetricsLine = {
      kind: 'epoch',
      step,
      epoch,
      train: sumOf(all),
      ...(validation !== undefined && { validation }),
      test,
    };
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
/** Up and down, in the loss as in the correct answers, with some that are equal. */
export const validationSums = (step: number): StepSums => ({
  lossSum: 2 + ((step * 7) % 11) / (1 + (step % 13)),
  correct: (step * 5) % 9,
  samples: 10,
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
