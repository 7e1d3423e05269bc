/** Stretches that change wrongly between local steps and rounds, and checkpoints that are kept wrongly. */

import { describe, expect, it } from 'vitest';
import type { Stretch, StretchCommand, StretchEvent } from '../fleet/stretch.ts';
import { stretchStep } from '../fleet/stretch.ts';
import type { Progress } from '../training/progress.ts';
import { newestWhole, operations } from './disk.test.support.ts';
import type { Mutant } from './mutants.test.support.ts';
import { firstViolation } from './mutants.test.support.ts';
import type { Parts } from './world.test.support.ts';

/** Other commands than the right ones. */
const commands = (
  change: (command: StretchCommand, stretch: Stretch) => StretchCommand[],
): Partial<Parts> => ({
  stretch: (stretch, event) => stretchStep(stretch, event).flatMap((command) => change(command, stretch)),
});

/** Another event than the right one, or none. */
const events = (
  change: (event: StretchEvent, stretch: Stretch) => StretchEvent | undefined,
): Partial<Parts> => ({
  stretch: (stretch, event) => {
    const changed = change(event, stretch);
    return changed === undefined ? [] : stretchStep(stretch, changed);
  },
});

/** A state that is changed after each event. */
const after = (change: (stretch: Stretch, event: StretchEvent) => void): Partial<Parts> => ({
  stretch: (stretch, event) => {
    const answered = stretchStep(stretch, event);
    change(stretch, event);
    return answered;
  },
});

const isHold = ({ type }: { type: string }) => type === 'hold';

const mutants: Record<string, Mutant> = {
  'a local stretch that goes on although somebody has come': {
    parts: {
      stretch: (stretch, event) => {
        const before = stretch.localHeld;
        const answered = stretchStep(stretch, event);
        if (isHold(event) || event.type === 'run') return answered;
        stretch.localHeld = before;
        return answered.filter(({ type }) => type !== 'holdLocal');
      },
    },
    found: /the local threads go on by themselves/,
  },
  'a round beside a local stretch': {
    parts: {
      stretch: (stretch, event) =>
        stretchStep(stretch, event).flatMap((command) =>
          command.type === 'holdLocal' && !isHold(event)
            ? stretchStep(stretch, {
                type: 'localSteps',
                at: stretch.at,
                sums: [],
                diverged: false,
                nowMs: 0,
              })
            : [command],
        ),
    },
    found: /the local threads|is asked for two|handles|nodes of another step|weights are sent/,
  },
  'a hold that ends no local stretch': {
    parts: {
      stretch: (stretch, event) =>
        stretchStep(stretch, event).filter(({ type }) => type !== 'holdLocal' || !isHold(event)),
    },
    found: /goes on after a hold|the local threads go on by themselves/,
  },
  'a hold that ends no rounds': {
    parts: after((stretch) => {
      if (stretch.path === 'round' || stretch.path === 'closing') stretch.held = false;
    }),
    found: /goes on after a hold/,
  },
  'a step that goes on although it is to be given up': {
    parts: events((event) => (event.type === 'hold' ? { ...event, atOnce: false } : event)),
    found: /a step is taken that was to be given up/,
  },
  'a second local stretch that can not be held': {
    parts: after((stretch, { type }) => {
      if (type === 'closed' && stretch.path === 'local') stretch.localHeld = true;
    }),
    found: /goes on after a hold|the local threads go on by themselves/,
  },
  'a round that is begun after the last step': {
    parts: events((event) => (event.type === 'run' ? { ...event, to: event.to + 1 } : event)),
    found: /a stretch takes more steps than it was told/,
  },
  'sums of rounds that are left out': {
    parts: after((stretch, { type }) => {
      if (type === 'closed') stretch.sums = [];
    }),
    found: /a stretch has other sums than its steps/,
  },
  'a divergence in a round that is not told': {
    parts: commands((command) => [
      command.type === 'stretchDone' ? { ...command, diverged: false } : command,
    ]),
    found: /does not end|nothing will happen|a divergence|outside of a stretch|not finite/,
  },
  'somebody who left while no round was under way and is still there': {
    parts: events((event, { path }) => (event.type === 'left' && path !== 'round' ? undefined : event)),
    found: /somebody who is not there|the absent|nothing will happen|go on by themselves/,
  },
  'a torn checkpoint that is accepted': {
    parts: {
      load: (files) => files.at(-1)?.saved,
      operations: operations.filter((name) => name !== 'fsync'),
    },
    found: /the weights of another step|the weights are not/,
  },
  'a rename without fsync': {
    parts: { operations: operations.filter((name) => name !== 'fsync') },
    found: /a durable checkpoint is lost/,
  },
  'a name that is not synced': {
    parts: { operations: operations.filter((name) => name !== 'fsyncDirectory') },
    found: /a durable checkpoint is lost/,
  },
  'lines that are flushed after their checkpoint': {
    parts: { operations: [...operations.slice(1), 'flushLines'] },
    found: /metrics are not those/,
  },
  'a run that goes on from the step before its checkpoint': {
    parts: {
      load: (files) => {
        const saved = newestWhole(files);
        if (saved === undefined || saved.step === 0) return saved;
        const progress = JSON.parse(saved.progress) as Progress;
        return { ...saved, progress: JSON.stringify({ ...progress, step: progress.step - 1 }) };
      },
    },
    found: /the weights of another step|an exit before the last checkpoint is durable/,
  },
  "an optimizer's state that is not saved": {
    parts: { snapshot: (saved) => ({ ...saved, model: { ...saved.model, state: 2 } }) },
    found: /the weights are not those of an undisturbed run/,
  },
};

describe('the simulation finds', () => {
  it.each(Object.entries(mutants))('%s', (_, mutant) => {
    expect(firstViolation(mutant)).toMatch(mutant.found);
  });
});
