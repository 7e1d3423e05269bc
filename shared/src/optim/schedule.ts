/**
 * The learning rate of a step: a pure function of the settings and the number of the step, so that there is no state
 * to save and a resumed run goes on with the same rates. float64 throughout, from + - * / and elementary functions
 * with the same bits everywhere.
 */

import { cos, exp, log } from '../kernels/elementary.ts';
import { power } from './optimizers.ts';
import type { ScheduleSpec } from './spec.ts';

/**
 * The learning rate of step number `step` (0 for the first) for a base rate > 0. Steps count as updates, not epochs.
 * Warm-up ends with the full base rate in its last step; the schedule counts from the step behind it.
 */
export function learningRateAt(base: number, schedule: ScheduleSpec, step: number): number {
  const { warmupSteps } = schedule;
  // The quotient first: that of the last step is exactly 1.
  if (step < warmupSteps) return base * ((step + 1) / warmupSteps);
  return base * factorAt(schedule, step - warmupSteps);
}

/** What is left of the full rate `steps` steps after the warm-up. */
function factorAt(schedule: ScheduleSpec, steps: number): number {
  switch (schedule.type) {
    case 'constant':
      return 1;
    case 'step':
      return power(schedule.factor, Math.floor(steps / schedule.everySteps));
    case 'exponential':
      return exp((log(schedule.factor) * steps) / schedule.everySteps);
    case 'cosine': {
      const { totalSteps, warmupSteps, finalFraction } = schedule;
      const progress = Math.min(1, steps / Math.max(1, totalSteps - warmupSteps));
      return finalFraction + ((1 - finalFraction) * (1 + cos(Math.PI * progress))) / 2;
    }
  }
}
