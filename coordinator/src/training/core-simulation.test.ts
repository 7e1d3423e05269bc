import { describe, expect, it } from 'vitest';
import type { State, Transition } from './core.ts';
import { step } from './core.ts';
import type { Command } from './events.ts';
import { playRun } from './simulation.test.support.ts';
import { Violation } from './simulation-plan.test.support.ts';
import type { Step, Tally } from './simulation-world.test.support.ts';
import { noSums } from './sums.ts';

const RUNS = 6000;

/** The first violation that the seeds find in a core, with its seed. */
function firstViolation(core: Step): string | undefined {
  for (let seed = 1; seed <= RUNS; seed++) {
    try {
      playRun(core, seed);
    } catch (error) {
      if (error instanceof Violation) return `${error.message} (seed ${seed})`;
      throw error;
    }
  }
  return undefined;
}

describe('thousands of runs with stops, crashes and divergence at any time', () => {
  it('all end with the steps and the metrics of an uninterrupted run, and exit once', () => {
    const tallies: Tally[] = [];
    for (let seed = 1; seed <= RUNS; seed++) {
      try {
        tallies.push(playRun(step, seed));
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
    // The seeds meet everything, and often.
    const total = (count: (tally: Tally) => number) => tallies.reduce((sum, tally) => sum + count(tally), 0);
    expect(total(({ crashes }) => crashes)).toBeGreaterThan(1000);
    expect(total(({ stops }) => stops)).toBeGreaterThan(1000);
    expect(total(({ holds }) => holds)).toBeGreaterThan(1000);
    expect(total(({ checkpoints }) => checkpoints)).toBeGreaterThan(1000);
    expect(total(({ checkpointsLeftOut }) => checkpointsLeftOut)).toBeGreaterThan(1000);
    expect(total(({ stoppedEarly }) => stoppedEarly)).toBeGreaterThan(1000);
    expect(total(({ restored }) => restored)).toBeGreaterThan(1000);
    for (const outcome of ['finished', 'stopped', 'diverged'] as const) {
      expect(total(({ outcomes }) => outcomes.filter((o) => o === outcome).length)).toBeGreaterThan(500);
    }
  });
});

type Change = (transition: Transition, before: State) => Transition;

/** A core whose transitions on one kind of event are changed. */
const after =
  (type: Parameters<Step>[2]['type'] | 'any', change: Change): Step =>
  (plan, state, event) => {
    const transition = step(plan, state, event);
    return type === 'any' || event.type === type ? change(transition, state) : transition;
  };

/** A core that sees another state than the one it left. */
const before =
  (type: Parameters<Step>[2]['type'], change: (state: State, nowMs: number) => Partial<State>): Step =>
  (plan, state, event) => {
    const nowMs = 'nowMs' in event ? event.nowMs : 0;
    return step(plan, event.type === type ? { ...state, ...change(state, nowMs) } : state, event);
  };

/** A core whose commands of one kind are changed, or dropped. */
const commands = <Type extends Command['type']>(
  type: Type,
  change: (command: Command & { type: Type }) => readonly Command[],
): Step =>
  after('any', ({ state, commands }) => ({
    state,
    commands: commands.flatMap((command) =>
      command.type === type ? change(command as Command & { type: Type }) : [command],
    ),
  }));

const withProgress = ({ state, commands }: Transition, change: Partial<State['progress']>): Transition => ({
  state: { ...state, progress: { ...state.progress, ...change } },
  commands,
});

/** Cores with one fault each, and what the simulation has to say of them. */
const mutants: Record<string, { core: Step; found: RegExp }> = {
  'sums of an epoch that are not reset': {
    core: after('evaluated', (transition, { progress: { epoch } }) => withProgress(transition, { epoch })),
    found: /metrics are not those/,
  },
  'a window of metrics that is reset with each stretch': {
    core: after('stepsDone', (transition) => withProgress(transition, { window: noSums })),
    found: /metrics are not those/,
  },
  'a checkpoint without the window of metrics': {
    core: commands('checkpoint', (command) => [
      { ...command, progress: { ...command.progress, window: noSums } },
    ]),
    found: /metrics are not those/,
  },
  'a checkpoint without the sums of the epoch': {
    core: commands('checkpoint', (command) => [
      { ...command, progress: { ...command.progress, epoch: noSums } },
    ]),
    found: /metrics are not those/,
  },
  'a checkpoint without the best epoch': {
    core: commands('checkpoint', (command) => {
      const { best: _, ...progress } = command.progress;
      return [progress.ended ? command : { ...command, progress }];
    }),
    found: /(finished|stopped) at step \d+ of \d+|the weights are not the right ones|metrics are not those/,
  },
  'a best epoch that is not kept': {
    core: commands('keepBest', () => []),
    found: /a checkpoint whose best weights are others|the best weights are not those that were kept/,
  },
  'a run that ends with its last weights': {
    core: commands('restoreBest', () => []),
    found: /the weights are not the right ones/,
  },
  'the best weights in the middle of a run': {
    core: after('evaluated', ({ state, commands }) => {
      const { best, ended } = state.progress;
      const early = best !== undefined && !ended && best.step !== state.progress.step;
      return { state, commands: early ? [{ type: 'restoreBest', best }, ...commands] : commands };
    }),
    found: /training goes on from the weights of another step|the weights are not the right ones/,
  },
  'an end that is forgotten': {
    core: commands('checkpoint', (command) => {
      const { ended: _, ...progress } = command.progress;
      return [{ ...command, progress }];
    }),
    found: /a checkpoint whose best weights are others|the result reports another epoch|a finished run/,
  },
  'a patience that begins anew with each process': {
    core: before('start', ({ progress }) => {
      const { best, last } = progress;
      return best === undefined || last === undefined ? {} : { progress: { ...progress, best: last } };
    }),
    found: /the best weights are not those|best weights are others|metrics are not those|of \d+/,
  },
  'a checkpoint of the step before': {
    core: commands('checkpoint', (command) => [
      { ...command, progress: { ...command.progress, step: command.progress.step - 1 } },
    ]),
    found: /a checkpoint of a step that the weights are not at/,
  },
  'a checkpoint that follows the next stretch': {
    core: after('any', ({ state, commands }) => ({ state, commands: commands.toReversed() })),
    found: /a checkpoint while weights change/,
  },
  'a checkpoint beside another': {
    core: before('tick', () => ({ writing: undefined })),
    found: /two checkpoints in flight/,
  },
  'no checkpoint during an epoch': {
    core: before('stepsDone', (_, nowMs) => ({ checkpointAtMs: nowMs })),
    found: /a checkpoint that is due is not written/,
  },
  'a checkpoint at each end of an epoch': {
    core: before('evaluated', () => ({ checkpointAtMs: Number.NEGATIVE_INFINITY })),
    found: /the checkpoint of an epoch is written too soon/,
  },
  'a durable checkpoint that is not noted': {
    core: after('checkpointDurable', (_, state) => ({ state, commands: [] })),
    found: /nothing is under way and the run does not end|a stretch is not held/,
  },
  'an exit before the last checkpoint is durable': {
    core: after('any', ({ state, commands }) => {
      const last = state.activity === 'idle' && commands.at(-1)?.type === 'checkpoint';
      const exit = { type: 'exit', outcome: 'finished', step: state.progress.step } as const;
      return last
        ? { state: { ...state, activity: 'exited' }, commands: [...commands, exit] }
        : { state, commands };
    }),
    found: /an exit before the last checkpoint is durable/,
  },
  'no hold': {
    core: commands('hold', () => []),
    found: /a stretch is not held|a stop is not obeyed/,
  },
  'a stop without a hold': {
    core: after('stop', (transition, { activity, holding }) =>
      activity === 'running' ? { state: { ...transition.state, holding }, commands: [] } : transition,
    ),
    found: /a stop is not obeyed/,
  },
  'a stretch of any age': {
    core: before('tick', (_, nowMs) => ({ stretchAtMs: nowMs })),
    found: /a stretch is not held/,
  },
  'a hold with each tick': {
    core: before('tick', () => ({ holding: false })),
    found: /a hold that nothing waits for/,
  },
  'a stop that is forgotten while the network is evaluated': {
    core: after('stop', (transition, state) =>
      state.activity === 'evaluating' ? { state, commands: [] } : transition,
    ),
    found: /a stop is not obeyed|a stop that nobody asked for|finished at step/,
  },
  'a stretch over the end of an epoch': {
    core: (plan, state, event) => {
      const { state: next, commands } = step(plan, state, event);
      const longer = (command: Command): Command =>
        command.type === 'runSteps' ? { ...command, to: command.to + 1 } : command;
      return { state: next, commands: commands.map(longer) };
    },
    found: /a stretch is too long/,
  },
  'an exit that is not the end': {
    core: after('any', ({ state, commands }) => ({
      state: state.activity === 'exited' ? { ...state, activity: 'idle' } : state,
      commands,
    })),
    found: /exit after the exit/,
  },
  'an outcome that says stopped after the last step': {
    core: (plan, state, event) => {
      const { state: next, commands } = step(plan, state, event);
      const stopped = (command: Command): Command =>
        command.type === 'exit' && command.outcome === 'finished' && next.stopping
          ? { ...command, outcome: 'stopped' }
          : command;
      return { state: next, commands: commands.map(stopped) };
    },
    found: /stopped at step (\d+) of \1/,
  },
};

describe('the simulation finds', () => {
  it.each(Object.entries(mutants))('%s', (_, { core, found }) => {
    expect(firstViolation(core)).toMatch(found);
  });
});
