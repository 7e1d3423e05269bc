import { describe, expect, it } from 'vitest';
import { core, exit, runSteps, tested, types } from './core.test.support.ts';
import type { Plan } from './core.ts';
import { stoppedEarly } from './core.ts';
import type { Command } from './events.ts';
import type { EpochEnd, Progress } from './progress.ts';
import { reportedEnd } from './progress.ts';
import type { StepSums } from './sums.ts';
import { noSums } from './sums.ts';

const plan = {
  stepsPerEpoch: 1,
  epochs: 9,
  metricsEvery: 1,
  checkpointMsMin: 1e9,
  checkpointMs: 1e9,
  validation: true,
  earlyStopping: { patience: 2, minDelta: 0, metric: 'loss' },
} satisfies Partial<Plan>;
/** Ten samples. */
const validated = (lossSum: number, correct = 0): StepSums => ({ lossSum, correct, samples: 10 });
const endOf = (epoch: number, validation: StepSums): EpochEnd => ({
  epoch,
  step: epoch,
  validation,
  test: tested,
});

/** Runs epochs whose validation losses are these, and gives the commands of the last. */
function play(losses: readonly StepSums[], options: Partial<Plan> = {}, from?: Progress) {
  const one = core({ plan: { ...plan, ...options }, ...(from !== undefined && { from }) });
  one.start();
  let commands: readonly Command[] = [];
  for (const [i, loss] of losses.entries()) {
    one.done((from?.step ?? 0) + i + 1);
    commands = one.evaluated(0, loss);
  }
  return { ...one, commands };
}

describe('an epoch with a validation part', () => {
  it('ends with the evaluation of that part too, and both are in its line', () => {
    const { start, done, evaluated } = core({ plan: { ...plan, earlyStopping: null } });
    start();
    expect(done(1)).toContainEqual({ type: 'evaluate', validation: true });
    const [line, ...rest] = evaluated(0, validated(3));
    expect(line).toMatchObject({ line: { kind: 'epoch', validation: validated(3), test: tested } });
    expect(rest).toEqual([runSteps(1, 2)]);
  });

  it('diverges where the loss of that part is not finite, and names it', () => {
    expect(play([validated(Number.POSITIVE_INFINITY)]).commands).toEqual([
      { type: 'exit', outcome: 'diverged', step: 1, where: 'validation' },
    ]);
  });
});

describe('early stopping', () => {
  it('keeps the weights of an epoch that is better, and of no other', () => {
    const kept = [[5], [5, 4], [5, 4, 4], [5, 4, 4.5], [5, 4, 4.5, 3.9]].map((losses) =>
      types(play(losses.map((loss) => validated(loss))).commands).includes('keepBest'),
    );
    expect(kept).toEqual([true, true, false, false, true]);
  });

  it('counts as better only what improves by more than minDelta', () => {
    const earlyStopping = { ...plan.earlyStopping, minDelta: 0.5 };
    const kept = (loss: number) =>
      types(play([validated(20), validated(loss)], { earlyStopping }).commands).includes('keepBest');
    expect([kept(15), kept(14.9)]).toEqual([false, true]);
  });

  it('wants the accuracy to grow where that is the metric, whatever the loss', () => {
    const earlyStopping = { ...plan.earlyStopping, metric: 'accuracy' as const };
    const kept = (correct: number) =>
      types(play([validated(1, 5), validated(9, correct)], { earlyStopping }).commands).includes('keepBest');
    expect([kept(4), kept(5), kept(6)]).toEqual([false, false, true]);
  });

  it('ends the run after so many epochs without a better one, with the best weights in its last checkpoint', () => {
    const best = endOf(2, validated(4));
    const last = endOf(4, validated(4));
    const { commands, durable } = play([validated(5), validated(4), validated(6), validated(4)]);
    const progress: Progress = { step: 4, window: noSums, epoch: noSums, last, best, ended: true };
    expect(commands.slice(1)).toEqual([
      { type: 'restoreBest', best },
      { type: 'checkpoint', progress },
    ]);
    expect(durable(4)).toEqual(exit('finished', 4));
    expect(reportedEnd(progress)).toBe(best);
    expect(stoppedEarly({ stepsPerEpoch: 1, epochs: 9 }, progress)).toBe(true);
  });

  it('takes the best weights also where all epochs are done', () => {
    const { commands } = play([validated(5), validated(6)], { epochs: 2 });
    expect(types(commands)).toEqual(['metrics', 'restoreBest', 'checkpoint']);
    const { progress } = commands[2] as Command & { type: 'checkpoint' };
    expect(progress).toMatchObject({ best: { epoch: 1 }, ended: true });
    expect(stoppedEarly({ stepsPerEpoch: 1, epochs: 2 }, progress)).toBe(false);
  });

  it('has nothing to restore where the last epoch is the best', () => {
    const { commands } = play([validated(5), validated(4)], { epochs: 2 });
    expect(types(commands)).toEqual(['metrics', 'keepBest', 'checkpoint']);
    expect(commands[2]).toMatchObject({ progress: { best: { epoch: 2 }, ended: true } });
  });

  it('counts on after a resume where the checkpoint left off', () => {
    const first = core({ plan: { ...plan, stepsPerEpoch: 2 } });
    first.start();
    first.done(2);
    first.evaluated(0, validated(5));
    first.done(4);
    first.evaluated(0, validated(6));
    first.stop();
    const [line, command] = first.done(5);
    expect(line).toMatchObject({ type: 'metrics' });
    const { progress } = command as Command & { type: 'checkpoint' };
    const second = core({
      plan: { ...plan, stepsPerEpoch: 2 },
      from: JSON.parse(JSON.stringify(progress)) as Progress,
    });
    expect(second.start()).toEqual([runSteps(5, 6)]);
    second.done(6);
    expect(types(second.evaluated(0, validated(6)))).toEqual(['metrics', 'restoreBest', 'checkpoint']);
  });

  it('lets a graceful stop keep the weights where it was', () => {
    const { stop, done, durable } = play([validated(5), validated(6)]);
    stop();
    expect(types(done(2))).toEqual(['checkpoint']);
    expect(durable(2)).toEqual(exit('stopped', 2));
  });

  it('is finished, not stopped, where a stop comes during its last evaluation', () => {
    const one = play([validated(5), validated(6)]);
    one.done(3);
    one.stop();
    expect(types(one.evaluated(0, validated(6)))).toEqual(['metrics', 'restoreBest', 'checkpoint']);
    expect(one.durable(3)).toEqual(exit('finished', 3));
  });

  it('trains nothing where a run that has ended is resumed', () => {
    const best = endOf(1, validated(4));
    const from: Progress = {
      step: 3,
      window: noSums,
      epoch: noSums,
      last: endOf(3, validated(6)),
      best,
      ended: true,
    };
    expect(core({ plan, from }).start()).toEqual(exit('finished', 3));
  });
});
