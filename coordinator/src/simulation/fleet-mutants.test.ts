/** Fleets that are wrong in one way each, made of the right one and a wrapper: the simulation has to find every one. */

import { describe, expect, it } from 'vitest';
import type { FleetEvent } from '../fleet/events.ts';
import type { Fleet, Grant, Sum, Worker } from '../fleet/state.ts';
import type { StretchCommand, StretchEvent } from '../fleet/stretch.ts';
import { stretchStep } from '../fleet/stretch.ts';
import { keyOf } from '../fleet/tree.ts';
import { claim } from '../fleet/units.ts';
import type { Mutant } from './mutants.test.support.ts';
import { firstViolation } from './mutants.test.support.ts';
import type { Parts } from './world.test.support.ts';

type Step = Parts['stretch'];
type Result = FleetEvent & { type: 'result' };

/** Another event in the place of a result. */
const results =
  (change: (fleet: Fleet, event: Result) => Result): Step =>
  (stretch, event) =>
    stretchStep(stretch, event.type === 'result' ? change(stretch.fleet, event) : event);

/** Something done to the state before an event, and after it with what the first has answered. */
const around =
  <T>(
    before: (fleet: Fleet, event: StretchEvent) => T,
    after: (fleet: Fleet, memory: T, commands: StretchCommand[], event: StretchEvent) => void,
  ): Step =>
  (stretch, event) => {
    const memory = before(stretch.fleet, event);
    const commands = stretchStep(stretch, event);
    after(stretch.fleet, memory, commands, event);
    return commands;
  };

/** The same where only what follows an event is changed. */
const after = (change: (fleet: Fleet, commands: StretchCommand[], event: StretchEvent) => void): Step =>
  around(
    () => undefined,
    (fleet, _, commands, event) => change(fleet, commands, event),
  );

const allLeases = (fleet: Fleet): Grant[] => [...fleet.workers.values()].flatMap(({ leases }) => leases);

function leaseAgain(fleet: Fleet, given: Grant): void {
  const { round } = fleet;
  if (round === undefined || given.leased || given.step !== round.step) return;
  given.leased = true;
  fleet.workers.get(given.worker)!.leases.push(given);
  if (given.claims) claim(round, given.key, 1);
}

const mutants: Record<string, Mutant> = {
  'a stale answer that is accepted': {
    parts: {
      stretch: results((fleet, event) =>
        event.step === fleet.step - 1 ? { ...event, step: fleet.step } : event,
      ),
    },
    found: /the sum of another step is accepted/,
  },
  'an answer from the future that is accepted': {
    parts: {
      stretch: results((fleet, event) => (event.step > fleet.step ? { ...event, step: fleet.step } : event)),
    },
    found: /the sum of another step is accepted/,
  },
  'an answer for another node that is accepted': {
    parts: {
      stretch: results((fleet, event) => {
        const lease = fleet.workers.get(event.worker)?.leases[0];
        return lease === undefined ? event : { ...event, node: lease.node };
      }),
    },
    found: /the sum of another (node|step) is accepted/,
  },
  'an answer that nobody was given the node for': {
    parts: {
      stretch: results((fleet, event) => {
        const { round } = fleet;
        const key =
          round === undefined || event.step !== round.step ? undefined : keyOf(round.tree, event.node);
        const template = [...(round?.grants.values() ?? [])].flat()[0];
        if (key === undefined || template === undefined) return event;
        const grants = round!.grants.get(key) ?? [];
        if (grants.some(({ worker }) => worker === event.worker)) return event;
        const given = {
          ...template,
          key,
          node: event.node,
          worker: event.worker,
          leased: false,
          owed: false,
        };
        round!.grants.set(key, [...grants, given]);
        return event;
      }),
    },
    found: /a node is accepted that was never given/,
  },
  'a duplicate that counts for its worker': {
    parts: {
      stretch: after((fleet, commands, event) => {
        const compared = commands.some(({ type }) => type === 'compare');
        if (event.type === 'result' && compared) fleet.workers.get(event.worker)!.nodes++;
      }),
    },
    found: /not counted right/,
  },
  'leases without an end': {
    parts: {
      stretch: after((fleet) => {
        for (const lease of allLeases(fleet)) lease.deadlineMs = Number.POSITIVE_INFINITY;
      }),
    },
    found: /nothing will happen any more|does not end/,
  },
  'an expired lease that forgets its worker': {
    parts: {
      stretch: around(allLeases, (fleet, leases, _, event) => {
        for (const { worker, deadlineMs } of leases) {
          if (event.type === 'tick' && deadlineMs <= event.nowMs) fleet.workers.get(worker)!.unanswered = 1e6;
        }
      }),
    },
    found: /nothing will happen any more|a worker is idle/,
  },
  'a late answer that is refused': {
    parts: {
      stretch: (stretch, event) => {
        const { fleet } = stretch;
        if (event.type !== 'result' || event.step !== fleet.round?.step) return stretchStep(stretch, event);
        const { worker, step, node, handle } = event;
        const isLeased = fleet.workers
          .get(worker)
          ?.leases.some(({ key }) => key === keyOf(fleet.round!.tree, node));
        if (isLeased) return stretchStep(stretch, event);
        return [
          { type: 'reject', worker, code: 'NEVER_LEASED', step, node },
          { type: 'release', handle },
        ];
      },
    },
    found: /an answer that is late is refused/,
  },
  'leases that outlive the leaving of their worker': {
    parts: {
      stretch: (stretch, event) => {
        if (event.type !== 'left') return stretchStep(stretch, event);
        const worker = stretch.fleet.workers.get(event.worker);
        if (worker?.presence === 'present') worker.presence = 'gone';
        return [];
      },
    },
    found: /the absent hold leases/,
  },
  'a cut node that stays beside its halves': {
    parts: {
      stretch: around(
        ({ round }) => [...(round?.cover.values() ?? [])],
        ({ round }, before: Sum[]) => {
          for (const sum of before) {
            if (round?.spares.get(sum.key) === sum) round.cover.set(sum.key, sum);
          }
        },
      ),
    },
    found: /not at all, or twice/,
  },
  'a late node that is given to nobody else': {
    parts: {
      stretch: around(allLeases, (fleet, leases, _, event) => {
        for (const lease of leases) {
          if (event.type !== 'tick' || lease.deadlineMs > event.nowMs || !lease.claims) continue;
          lease.deadlineMs = Number.POSITIVE_INFINITY;
          leaseAgain(fleet, lease);
        }
      }),
    },
    found: /nothing will happen any more|somebody works on a unit|does not end/,
  },
  'no audits of newcomers': {
    parts: {
      stretch: results((fleet, event) => {
        const worker = fleet.workers.get(event.worker);
        if (worker !== undefined) worker.audits = 1e9;
        return event;
      }),
    },
    found: /an audit is left out/,
  },
  'audits that are never drawn': {
    parts: { stretch: results((_, event) => ({ ...event, draw: 1 })) },
    found: /an audit is left out/,
  },
  'weights that are announced before they are there': {
    parts: {
      stretch: (stretch, event) =>
        stretchStep(stretch, event).map((command) =>
          command.type === 'sendWeights' ? { ...command, version: command.version + 1 } : command,
        ),
    },
    found: /weights are sent that are not those of the step/,
  },
  'a ban that leaves the leases': {
    parts: {
      stretch: around(allLeases, (fleet, leases, commands) => {
        for (const command of commands) {
          if (command.type !== 'ban') continue;
          for (const lease of leases) if (lease.worker === command.worker) leaseAgain(fleet, lease);
        }
      }),
    },
    found: /the absent hold leases/,
  },
  'a ban that ends when the worker comes back': {
    parts: {
      stretch: (stretch, event) => {
        const { fleet } = stretch;
        if (event.type === 'joined' && fleet.banned.delete(event.worker)) {
          const { worker: id } = event;
          const worker = (fleet.workers.get(id) ?? fleet.gone.get(id)) as Worker;
          worker.presence = 'gone';
        }
        return stretchStep(stretch, event);
      },
    },
    found: /a banned worker is given a node/,
  },
  'a worker that is new again when it comes back': {
    parts: {
      stretch: after((fleet, commands, event) => {
        if (event.type === 'joined' && commands[0]?.type !== 'ban')
          fleet.workers.get(event.worker)!.audits = 0;
      }),
    },
    found: /an audit that nobody drew/,
  },
};

describe('the simulation finds', () => {
  it.each(Object.entries(mutants))('%s', (_, mutant) => {
    expect(firstViolation(mutant)).toMatch(mutant.found);
  });
});
