/** Fleets that are wrong in one way each, made of the right one and a wrapper: the simulation has to find every one. */

import { describe, expect, it } from 'vitest';
import type { FleetCommand, FleetEvent, Part } from './events.ts';
import { fleetStep } from './fleet.ts';
import { endLeases } from './leases.ts';
import type { FleetStep } from './simulation.test.support.ts';
import { simulate } from './simulation.test.support.ts';
import type { Fleet, Grant, Sum, Worker } from './state.ts';
import { firstUnit, keyOf, nodeOf } from './tree.ts';
import { claim } from './units.ts';

const SEEDS = 600;

function firstViolation(step: FleetStep): string {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      simulate(seed, step);
    } catch (error) {
      return (error as Error).message;
    }
  }
  return 'nothing is found';
}

type Result = FleetEvent & { type: 'result' };

/** Another event in the place of a result. */
const results =
  (change: (fleet: Fleet, event: Result) => FleetEvent): FleetStep =>
  (fleet, event) =>
    fleetStep(fleet, event.type === 'result' ? change(fleet, event) : event);

/** Something done to the state before an event, and after it with what the first has answered. */
const around =
  <T>(
    before: (fleet: Fleet, event: FleetEvent) => T,
    after: (fleet: Fleet, memory: T, commands: FleetCommand[], event: FleetEvent) => void,
  ): FleetStep =>
  (fleet, event) => {
    const memory = before(fleet, event);
    const commands = fleetStep(fleet, event);
    after(fleet, memory, commands, event);
    return commands;
  };

/** Other parts of a step than there are. */
const cover =
  (change: (parts: readonly Part[]) => readonly Part[]): FleetStep =>
  (fleet, event) =>
    fleetStep(fleet, event).map((command) =>
      command.type === 'close' ? { ...command, cover: change(command.cover) } : command,
    );

/** Ends the round with what there is. */
function closeEarly(fleet: Fleet, commands: FleetCommand[]): void {
  const { round } = fleet;
  if (round === undefined) return;
  const parts = [...round.cover.values()]
    .sort((a, b) => firstUnit(round.tree, a.key) - firstUnit(round.tree, b.key))
    .map(({ key, handle }) => ({ node: nodeOf(round.tree, key), handle }));
  for (const worker of fleet.workers.values()) {
    endLeases({ fleet, round, commands: [], nowMs: 0 }, worker, { lost: false });
  }
  fleet.round = undefined;
  commands.push({ type: 'close', step: round.step, cover: parts });
}

const allLeases = (fleet: Fleet): Grant[] => [...fleet.workers.values()].flatMap(({ leases }) => leases);

function leaseAgain(fleet: Fleet, given: Grant): void {
  const { round } = fleet;
  if (round === undefined || given.leased || given.step !== round.step) return;
  given.leased = true;
  fleet.workers.get(given.worker)!.leases.push(given);
  if (given.claims) claim(round, given.key, 1);
}

const mutants: Record<string, { step: FleetStep; found: RegExp }> = {
  'a stale answer that is accepted': {
    step: results((fleet, event) => (event.step === fleet.step - 1 ? { ...event, step: fleet.step } : event)),
    found: /the sum of another step is accepted/,
  },
  'an answer from the future that is accepted': {
    step: results((fleet, event) => (event.step > fleet.step ? { ...event, step: fleet.step } : event)),
    found: /the sum of another step is accepted/,
  },
  'an answer for another node that is accepted': {
    step: results((fleet, event) => {
      const lease = fleet.workers.get(event.worker)?.leases[0];
      return lease === undefined ? event : { ...event, node: lease.node };
    }),
    found: /the sum of another (node|step) is accepted/,
  },
  'an answer that nobody was given the node for': {
    step: results((fleet, event) => {
      const { round } = fleet;
      const key =
        round === undefined || event.step !== round.step ? undefined : keyOf(round.tree, event.node);
      const template = [...(round?.grants.values() ?? [])].flat()[0];
      if (key === undefined || template === undefined) return event;
      const grants = round!.grants.get(key) ?? [];
      if (grants.some(({ worker }) => worker === event.worker)) return event;
      const given = { ...template, key, node: event.node, worker: event.worker, leased: false, owed: false };
      round!.grants.set(key, [...grants, given]);
      return event;
    }),
    found: /a node is accepted that was never given/,
  },
  'a duplicate that counts for its worker': {
    step: around(
      () => undefined,
      (fleet, _, commands, event) => {
        const compared = commands.some(({ type }) => type === 'compare');
        if (event.type === 'result' && compared) fleet.workers.get(event.worker)!.nodes++;
      },
    ),
    found: /not counted right/,
  },
  'a duplicate that is part of the step': {
    step: cover((parts) => [...parts, parts.at(-1)!]),
    found: /not what its cover consists of/,
  },
  'a sum in the order of arrival': {
    step: cover((parts) => [...parts].sort((a, b) => a.handle - b.handle)),
    found: /not what its cover consists of/,
  },
  'right before left': {
    step: cover((parts) => [...parts].reverse()),
    found: /not what its cover consists of/,
  },
  'one shard short': {
    step: cover((parts) => parts.slice(0, parts.length > 1 ? -1 : undefined)),
    found: /not what its cover consists of/,
  },
  'a lone node that is dropped': {
    step: cover((parts) =>
      parts.filter(({ node }, i) => i !== parts.length - 1 || i === 0 || node.index % 2 === 1),
    ),
    found: /not what its cover consists of/,
  },
  'a mean over what arrived': {
    step: around(
      () => undefined,
      (fleet, _, commands) => {
        const { round } = fleet;
        if (round === undefined || round.checks.size > 0 || round.local !== undefined) return;
        if (round.doneUnits * 2 > round.tree.units) closeEarly(fleet, commands);
      },
    ),
    found: /not what its cover consists of/,
  },
  'leases without an end': {
    step: around(
      () => undefined,
      (fleet) => {
        for (const lease of allLeases(fleet)) lease.deadlineMs = Number.POSITIVE_INFINITY;
      },
    ),
    found: /nothing will happen any more|does not end/,
  },
  'an expired lease that forgets its worker': {
    step: around(allLeases, (fleet, leases, _, event) => {
      for (const { worker, deadlineMs } of leases) {
        if (event.type === 'tick' && deadlineMs <= event.nowMs) fleet.workers.get(worker)!.unanswered = 1e6;
      }
    }),
    found: /nothing will happen any more|a worker is idle/,
  },
  'a late answer that is refused': {
    step: (fleet, event) => {
      if (event.type !== 'result' || event.step !== fleet.round?.step) return fleetStep(fleet, event);
      const { worker, step, node, handle } = event;
      const isLeased = fleet.workers
        .get(worker)
        ?.leases.some(({ key }) => key === keyOf(fleet.round!.tree, node));
      if (isLeased) return fleetStep(fleet, event);
      return [
        { type: 'reject', worker, code: 'NEVER_LEASED', step, node },
        { type: 'release', handle },
      ];
    },
    found: /an answer that is late is refused/,
  },
  'leases that outlive the leaving of their worker': {
    step: (fleet, event) => {
      if (event.type !== 'left') return fleetStep(fleet, event);
      const worker = fleet.workers.get(event.worker);
      if (worker?.presence === 'present') worker.presence = 'gone';
      return [];
    },
    found: /the absent hold leases/,
  },
  'a cut node that stays beside its halves': {
    step: around(
      ({ round }) => [...(round?.cover.values() ?? [])],
      ({ round }, before: Sum[]) => {
        for (const sum of before) {
          if (round?.spares.get(sum.key) === sum) round.cover.set(sum.key, sum);
        }
      },
    ),
    found: /not at all, or twice/,
  },
  'a late node that is given to nobody else': {
    step: around(allLeases, (fleet, leases, _, event) => {
      for (const lease of leases) {
        if (event.type !== 'tick' || lease.deadlineMs > event.nowMs || !lease.claims) continue;
        lease.deadlineMs = Number.POSITIVE_INFINITY;
        leaseAgain(fleet, lease);
      }
    }),
    found: /nothing will happen any more|somebody works on a unit|does not end/,
  },
  'no audits of newcomers': {
    step: results((fleet, event) => {
      const worker = fleet.workers.get(event.worker);
      if (worker !== undefined) worker.audits = 1e9;
      return event;
    }),
    found: /an audit is left out/,
  },
  'a step that closes before its audits end': {
    step: around(
      () => undefined,
      (fleet, _, commands) => {
        const { round } = fleet;
        const complete = round !== undefined && round.doneUnits === round.tree.units;
        if (complete && round.local === undefined) closeEarly(fleet, commands);
      },
    ),
    found: /closes while a check is pending/,
  },
  'a ban that leaves the leases': {
    step: around(allLeases, (fleet, leases, commands) => {
      for (const command of commands) {
        if (command.type !== 'ban') continue;
        for (const lease of leases) if (lease.worker === command.worker) leaseAgain(fleet, lease);
      }
    }),
    found: /the absent hold leases/,
  },
  'a ban that ends when the worker comes back': {
    step: (fleet, event) => {
      if (event.type === 'joined' && fleet.banned.delete(event.worker)) {
        const worker = fleet.workers.get(event.worker) as Worker;
        worker.presence = 'gone';
      }
      return fleetStep(fleet, event);
    },
    found: /a banned worker is given a node/,
  },
  'a worker that is new again when it comes back': {
    step: around(
      () => undefined,
      (fleet, _, commands, event) => {
        if (event.type === 'joined' && commands[0]?.type !== 'ban')
          fleet.workers.get(event.worker)!.audits = 0;
      },
    ),
    found: /an audit that nobody drew/,
  },
  'a handle that is never released': {
    step: (fleet, event) => fleetStep(fleet, event).filter(({ type }) => type !== 'release'),
    found: /handles are (left|held)|more handles are held/,
  },
  'a handle that is released too early': {
    step: (fleet, event) =>
      fleetStep(fleet, event).flatMap((command): FleetCommand[] =>
        command.type === 'compare'
          ? [command, { type: 'release', handle: command.left[0]!.handle }]
          : [command],
      ),
    found: /a handle is (used that was released|released twice)|handle of the step was released|more handles/,
  },
};

describe('the simulation finds', () => {
  it.each(Object.entries(mutants))('%s', (_, { step, found }) => {
    expect(firstViolation(step)).toMatch(found);
  });
});
