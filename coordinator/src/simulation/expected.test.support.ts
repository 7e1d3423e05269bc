/** What a run must leave that nothing interrupts: its steps, its end, all lines of its metrics, and its weights. */

import type { Plan } from '../training/core.ts';
import type { MetricsLine } from '../training/events.ts';
import type { EpochEnd } from '../training/progress.ts';
import type { StepSums } from '../training/sums.ts';
import { addSums, noSums } from '../training/sums.ts';
import type { Model } from './model.test.support.ts';
import { firstModel, rootOf, sumOf, updated } from './model.test.support.ts';
import type { SimulationPlan } from './plan.test.support.ts';
import { shardsOfStep } from './plan.test.support.ts';

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
      const line: MetricsLine = { kind: 'train', step: window.at(-1)! + 1, epoch, sums: sumOver(window) };
      if (complete) lines.push(JSON.stringify(line));
    }
    if (all.length < plan.stepsPerEpoch) break;
    const { step, validation, test } = ends[epoch - 1]!;
    const line: MetricsLine = {
      kind: 'epoch',
      step,
      epoch,
      train: sumOver(all),
      ...(validation !== undefined && { validation }),
      test,
    };
    lines.push(JSON.stringify(line));
  }
  return lines;
}

const sumOver = (steps: readonly number[]) => steps.map(trainSums).reduce(addSums, noSums);
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

/** The models before the first step and after each of `steps`. */
export function undisturbed(plan: Pick<SimulationPlan, 'shape'>, steps: number): Model[] {
  const models = [firstModel];
  for (let step = 0; step < steps; step++) {
    const shards = shardsOfStep(plan, step);
    const before = models[step]!;
    models.push(updated(before, sumOf(before.weights, shards, rootOf(shards))));
  }
  return models;
}
