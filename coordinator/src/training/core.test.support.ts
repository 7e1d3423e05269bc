/** A core to play with: short epochs, and steps whose sums are made of their number. */

import type { Plan } from './core.ts';
import { initialState, step } from './core.ts';
import type { Command, Event } from './events.ts';
import type { Progress } from './progress.ts';
import { startOfRun } from './progress.ts';
import type { StepSums } from './sums.ts';

const plan: Plan = {
  stepsPerEpoch: 4,
  epochs: 2,
  metricsEvery: 3,
  checkpointMs: 1000,
  checkpointMsMin: 100,
  stretchSteps: 100,
  stretchMs: 500,
  validation: false,
  earlyStopping: null,
};

/** A core that is sent events and keeps its commands. */
export function core(options: { plan?: Partial<Plan>; from?: Progress } = {}) {
  let state = initialState(options.from ?? startOfRun, options.from !== undefined);
  const send = (event: Event): readonly Command[] => {
    const transition = step({ ...plan, ...options.plan }, state, event);
    state = transition.state;
    return transition.commands;
  };
  return {
    send,
    start: (nowMs = 0) => send({ type: 'start', nowMs }),
    tick: (nowMs: number) => send({ type: 'tick', nowMs }),
    stop: () => send({ type: 'stop' }),
    /** The steps up to `at` are done, each with the sums of its number. */
    done: (at: number, nowMs = 0, diverged = false) => {
      const from = state.progress.step;
      const sums = Array.from({ length: at - from }, (_, i) => sumsOf(from + i + 1));
      return send({ type: 'stepsDone', nowMs, at, sums, diverged });
    },
    /** The test part, and the validation part where `validation` is given, have been evaluated. */
    evaluated: (nowMs = 0, validation?: StepSums) =>
      send({ type: 'evaluated', nowMs, ...(validation !== undefined && { validation }), test: tested }),
    durable: (at: number) => send({ type: 'checkpointDurable', step: at }),
  };
}

const sumsOf = (n: number): StepSums => ({ lossSum: n, correct: n, samples: 10 });
export const tested: StepSums = { lossSum: 7, correct: 6, samples: 20 };
/** The sums of the steps `first` to `last`. */
export function sumsOver(first: number, last: number): StepSums {
  let [lossSum, samples] = [0, 0];
  for (let n = first; n <= last; n++) {
    lossSum += n;
    samples += 10;
  }
  return { lossSum, correct: lossSum, samples };
}
export const types = (commands: readonly Command[]) => commands.map(({ type }) => type);
export const runSteps = (from: number, to: number) => ({ type: 'runSteps', from, to });
export const trainLine = (at: number, epoch: number, sums: StepSums) => ({
  type: 'metrics',
  line: { kind: 'train', step: at, epoch, sums },
});
export const exit = (outcome: string, at: number) => [{ type: 'exit', outcome, step: at }];
