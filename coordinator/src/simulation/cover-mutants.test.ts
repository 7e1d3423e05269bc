/** Fleets that close a step with other sums than it consists of, or too early, and that hold or free too much. */

import { describe, expect, it } from 'vitest';
import type { Part } from '../fleet/events.ts';
import { endLeases } from '../fleet/leases.ts';
import type { Round } from '../fleet/state.ts';
import type { Stretch, StretchCommand } from '../fleet/stretch.ts';
import { stretchStep } from '../fleet/stretch.ts';
import { firstUnit, nodeOf } from '../fleet/tree.ts';
import type { Mutant } from './mutants.test.support.ts';
import { firstViolation } from './mutants.test.support.ts';
import type { Parts } from './world.test.support.ts';

type Step = Parts['stretch'];

/** Other parts of a step than there are. */
const cover =
  (change: (parts: readonly Part[]) => readonly Part[]): Step =>
  (stretch, event) =>
    stretchStep(stretch, event).map((command) =>
      command.type === 'close' ? { ...command, cover: change(command.cover) } : command,
    );

/** Ends the round with what there is, where `isEnough`. */
const closeEarly =
  (isEnough: (round: Round) => boolean): Step =>
  (stretch, event) => {
    const commands = stretchStep(stretch, event);
    const { round } = stretch.fleet;
    if (round !== undefined && round.local === undefined && isEnough(round)) {
      closeNow(stretch, round, commands);
    }
    return commands;
  };

function closeNow(stretch: Stretch, round: Round, commands: StretchCommand[]): void {
  const { fleet } = stretch;
  const parts = [...round.cover.values()]
    .sort((a, b) => firstUnit(round.tree, a.key) - firstUnit(round.tree, b.key))
    .map(({ key, handle }) => ({ node: nodeOf(round.tree, key), handle }));
  for (const worker of fleet.workers.values()) {
    endLeases({ fleet, round, commands: [], nowMs: 0 }, worker, { lost: false });
  }
  fleet.round = undefined;
  stretch.path = 'closing';
  commands.push({ type: 'close', step: round.step, cover: parts });
}

const mutants: Record<string, Mutant> = {
  'a duplicate that is part of the step': {
    parts: { stretch: cover((parts) => [...parts, parts.at(-1)!]) },
    found: /do not make up their node/,
  },
  'a sum in the order of arrival': {
    parts: { stretch: cover((parts) => [...parts].sort((a, b) => a.handle - b.handle)) },
    found: /do not make up their node/,
  },
  'right before left': {
    parts: { stretch: cover((parts) => [...parts].reverse()) },
    found: /do not make up their node/,
  },
  'one shard short': {
    parts: { stretch: cover((parts) => parts.slice(0, parts.length > 1 ? -1 : undefined)) },
    found: /do not make up their node/,
  },
  'a lone node that is dropped': {
    parts: {
      stretch: cover((parts) =>
        parts.filter(({ node }, i) => i !== parts.length - 1 || i === 0 || node.index % 2 === 1),
      ),
    },
    found: /do not make up their node/,
  },
  'a mean over what arrived': {
    parts: {
      stretch: closeEarly(({ checks, doneUnits, tree }) => checks.size === 0 && doneUnits * 2 > tree.units),
    },
    found: /do not make up their node/,
  },
  'a step that closes before its audits end': {
    parts: { stretch: closeEarly(({ doneUnits, tree }) => doneUnits === tree.units) },
    found: /closes while a check is pending/,
  },
  'a handle that is never released': {
    parts: {
      stretch: (stretch, event) => stretchStep(stretch, event).filter(({ type }) => type !== 'release'),
    },
    found: /handles are (left|held)|more handles are held/,
  },
  'a handle that is released too early': {
    parts: {
      stretch: (stretch, event) =>
        stretchStep(stretch, event).flatMap((command): StretchCommand[] =>
          command.type === 'compare'
            ? [command, { type: 'release', handle: command.left[0]!.handle }]
            : [command],
        ),
    },
    found: /a handle is (used that was released|released twice)|handle of the step was released|more handles/,
  },
};

describe('the simulation finds', () => {
  it.each(Object.entries(mutants))('%s', (_, mutant) => {
    expect(firstViolation(mutant)).toMatch(mutant.found);
  });
});
