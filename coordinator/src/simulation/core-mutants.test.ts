/** Cores that are wrong in one way each: the simulation has to find every one. */

import { describe, expect, it } from 'vitest';
import type { State, Transition } from '../training/core.ts';
import { step } from '../training/core.ts';
import type { Command, Event } from '../training/events.ts';
import { noSums } from '../training/sums.ts';
import type { Mutant } from './mutants.test.support.ts';
import { firstViolation } from './mutants.test.support.ts';
import type { Parts } from './world.test.support.ts';

type Core = Parts['core'];
type Change = (transition: Transition, before: State) => Transition;

/** A core whose transitions on one kind of event are changed. */
const after =
  (type: Event['type'] | 'any', change: Change): Core =>
  (plan, state, event) => {
    const transition = step(plan, state, event);
    return type === 'any' || event.type === type ? change(transition, state) : transition;
  };

/** A core that sees another state than the one it left. */
const before =
  (type: Event['type'], change: (state: State, nowMs: number) => Partial<State>): Core =>
  (plan, state, event) => {
    const nowMs = 'nowMs' in event ? event.nowMs : 0;
    return step(plan, event.type === type ? { ...state, ...change(state, nowMs) } : state, event);
  };

/** A core whose commands of one kind are changed, or dropped. */
const commands = <Type extends Command['type']>(
  type: Type,
  change: (command: Command & { type: Type }) => readonly Command[],
): Core =>
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
const mutants: Record<string, Mutant> = {
  'sums of an epoch that are not reset': {
    parts: {
      core: after('evaluated', (transition, { progress: { epoch } }) => withProgress(transition, { epoch })),
    },
    found: /metrics are not those/,
  },
  'a window of metrics that is reset with each stretch': {
    parts: { core: after('stepsDone', (transition) => withProgress(transition, { window: noSums })) },
    found: /metrics are not those/,
  },
  'a checkpoint without the window of metrics': {
    parts: {
      core: commands('checkpoint', (command) => [
        { ...command, progress: { ...command.progress, window: noSums } },
      ]),
    },
    found: /metrics are not those/,
  },
  'a checkpoint without the sums of the epoch': {
    parts: {
      core: commands('checkpoint', (command) => [
        { ...command, progress: { ...command.progress, epoch: noSums } },
      ]),
    },
    found: /metrics are not those/,
  },
  'a checkpoint without the best epoch': {
    parts: {
      core: commands('checkpoint', (command) => {
        const { best: _, ...progress } = command.progress;
        return [progress.ended ? command : { ...command, progress }];
      }),
    },
    found: /(finished|stopped) at step \d+ of \d+|the weights are not the right ones|metrics are not those/,
  },
  'a best epoch that is not kept': {
    parts: { core: commands('keepBest', () => []) },
    found: /a checkpoint whose best weights are others|the best weights are not those that were kept/,
  },
  'a run that ends with its last weights': {
    parts: { core: commands('restoreBest', () => []) },
    found: /the weights are not the right ones/,
  },
  'the best weights in the middle of a run': {
    parts: {
      core: after('evaluated', ({ state, commands }) => {
        const { best, ended } = state.progress;
        const early = best !== undefined && !ended && best.step !== state.progress.step;
        return { state, commands: early ? [{ type: 'restoreBest', best }, ...commands] : commands };
      }),
    },
    found: /training goes on from the weights of another step|the weights are not the right ones/,
  },
  'an end that is forgotten': {
    parts: {
      core: commands('checkpoint', (command) => {
        const { ended: _, ...progress } = command.progress;
        return [{ ...command, progress }];
      }),
    },
    found: /a checkpoint whose best weights are others|the result reports another epoch|a finished run/,
  },
  'a patience that begins anew with each process': {
    parts: {
      core: before('start', ({ progress }) => {
        const { best, last } = progress;
        return best === undefined || last === undefined ? {} : { progress: { ...progress, best: last } };
      }),
    },
    // A run that ends too soon writes its last checkpoint too soon.
    found:
      /the best weights are not those|best weights are others|metrics are not those|of \d+|written too soon/,
  },
  'a checkpoint of the step before': {
    parts: {
      core: commands('checkpoint', (command) => [
        { ...command, progress: { ...command.progress, step: command.progress.step - 1 } },
      ]),
    },
    found: /a checkpoint of a step that the weights are not at/,
  },
  'a checkpoint that follows the next stretch': {
    parts: {
      core: after('any', ({ state, commands }) => {
        const isLate = ({ type }: Command) => type === 'checkpoint';
        return {
          state,
          commands: [...commands.filter((command) => !isLate(command)), ...commands.filter(isLate)],
        };
      }),
    },
    found: /a checkpoint while weights change/,
  },
  'a checkpoint beside another': {
    parts: { core: before('tick', () => ({ writing: undefined })) },
    found: /two checkpoints in flight/,
  },
  'no checkpoint during an epoch': {
    parts: { core: before('stepsDone', (_, nowMs) => ({ checkpointAtMs: nowMs })) },
    found: /a checkpoint that is due is not written|a stretch is not held|of an epoch is left out/,
  },
  'a checkpoint at each end of an epoch': {
    parts: { core: before('evaluated', () => ({ checkpointAtMs: Number.NEGATIVE_INFINITY })) },
    found: /the checkpoint of an epoch is written too soon/,
  },
  'a durable checkpoint that is not noted': {
    parts: { core: after('checkpointDurable', (_, state) => ({ state, commands: [] })) },
    found: /nothing will happen any more|a stretch is not held/,
  },
  'an exit before the last checkpoint is durable': {
    parts: {
      core: after('any', ({ state, commands }) => {
        const last = state.activity === 'idle' && commands.at(-1)?.type === 'checkpoint';
        const exit = { type: 'exit', outcome: 'finished', step: state.progress.step } as const;
        return last
          ? { state: { ...state, activity: 'exited' }, commands: [...commands, exit] }
          : { state, commands };
      }),
    },
    found: /an exit before the last checkpoint is durable/,
  },
  'no hold': {
    parts: { core: commands('hold', () => []) },
    found: /a stretch is not held|a stop is not obeyed/,
  },
  'a stop without a hold': {
    parts: {
      core: after('stop', (transition, { activity, holding }) =>
        activity === 'running' ? { state: { ...transition.state, holding }, commands: [] } : transition,
      ),
    },
    found: /a stop is not obeyed/,
  },
  'a stretch of any age': {
    parts: { core: before('tick', (_, nowMs) => ({ stretchAtMs: nowMs })) },
    found: /a stretch is not held/,
  },
  'a hold with each tick': {
    parts: { core: before('tick', () => ({ holding: false })) },
    found: /a hold that nothing waits for/,
  },
  'a stop that is forgotten while the network is evaluated': {
    parts: {
      core: after('stop', (transition, state) =>
        state.activity === 'evaluating' ? { state, commands: [] } : transition,
      ),
    },
    found: /a stop is not obeyed|a stop that nobody asked for|finished at step/,
  },
  'a stretch over the end of an epoch': {
    parts: {
      core: (plan, state, event) => {
        const { state: next, commands } = step(plan, state, event);
        const longer = (command: Command): Command =>
          command.type === 'runSteps' ? { ...command, to: command.to + 1 } : command;
        return { state: next, commands: commands.map(longer) };
      },
    },
    found: /a stretch is too long/,
  },
  'an exit that is not the end': {
    parts: {
      core: after('any', ({ state, commands }) => ({
        state: state.activity === 'exited' ? { ...state, activity: 'idle' } : state,
        commands,
      })),
    },
    found: /exit after the exit/,
  },
  'an outcome that says stopped after the last step': {
    parts: {
      core: (plan, state, event) => {
        const { state: next, commands } = step(plan, state, event);
        const stopped = (command: Command): Command =>
          command.type === 'exit' && command.outcome === 'finished' && next.stopping
            ? { ...command, outcome: 'stopped' }
            : command;
        return { state: next, commands: commands.map(stopped) };
      },
    },
    found: /stopped at step (\d+) of \1/,
  },
};

describe('the simulation finds', () => {
  it.each(Object.entries(mutants))('%s', (_, mutant) => {
    expect(firstViolation(mutant)).toMatch(mutant.found);
  });
});
