/** What a fleet may not do, checked after every event, from the outside and against its own counts. */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { isIdle } from '../fleet/capacity.ts';
import type { Part } from '../fleet/events.ts';
import type { Fleet, Round } from '../fleet/state.ts';
import { LOCAL } from '../fleet/state.ts';
import type { StretchCommand, StretchEvent } from '../fleet/stretch.ts';
import { endUnit, firstUnit, unitsOf } from '../fleet/tree.ts';
import type { SimulationPlan } from './plan.test.support.ts';
import { demand } from './random.test.support.ts';
import { nameOf } from './worker.test.support.ts';

interface Held {
  readonly step: number;
  readonly node: Node;
  readonly value: number;
  /** Undefined for the local threads. */
  readonly worker: number | undefined;
}

interface Standing {
  isPresent: boolean;
  audits: number;
  nodes: number;
  banned: boolean;
  /** What it was given in this step. */
  given: Set<string>;
}

export class Bookkeeper {
  private readonly fleet: Fleet;
  private readonly plan: SimulationPlan;
  private readonly held = new Map<number, Held>();
  private readonly standings: readonly Standing[];
  private readonly audited = new Set<number>();
  private readonly pending = new Set<number>();
  private event: StretchEvent | undefined;
  private round: Round | undefined;
  private isClosed = true;
  private isGivenUp = false;

  constructor(fleet: Fleet, plan: SimulationPlan) {
    this.fleet = fleet;
    this.plan = plan;
    this.standings = plan.workers.map(() => ({
      isPresent: false,
      audits: 0,
      nodes: 0,
      banned: false,
      given: new Set(),
    }));
  }

  hold(handle: number, held: Held): void {
    this.held.set(handle, held);
  }

  valueOf(handle: number): number {
    const held = this.held.get(handle);
    demand(held !== undefined, 'a handle is used that was released');
    return held!.value;
  }

  before(event: StretchEvent): void {
    this.event = event;
    if (event.type === 'checked') this.pending.delete(event.check);
    if (event.type === 'joined' || event.type === 'left') {
      this.standings[event.worker]!.isPresent = event.type === 'joined';
    }
  }

  /** What a hold says of the step under way: where it is a round, `atOnce` gives it up. */
  noteHold(atOnce: boolean): void {
    this.isGivenUp ||= atOnce && this.fleet.round !== undefined;
  }

  /** To be called between an event and the first of its commands. */
  noteRound(): void {
    const { round } = this.fleet;
    if (round === this.round) return;
    this.round = round;
    if (round === undefined) return;
    this.isClosed = false;
    for (const { given } of this.standings) given.clear();
  }

  /** Judges a command before it is carried out, `step` steps having been taken. */
  note(command: StretchCommand, step: number): void {
    switch (command.type) {
      case 'sendWeights':
        demand(command.version === step, 'weights are sent that are not those of the step');
        return;
      case 'assign': {
        const standing = this.standings[command.worker]!;
        demand(!standing.banned, 'a banned worker is given a node');
        demand(standing.isPresent, 'a node is given to somebody who is not there');
        demand(command.step === step && !this.isClosed, 'a node of another step is given');
        standing.given.add(nameOf(step, command.node));
        return;
      }
      case 'accept':
        this.noteAccepted(command, step);
        return;
      case 'reject':
        this.noteRejected(command);
        return;
      case 'compare':
      case 'audit':
        demand(!this.isClosed, 'a check begins after the step was closed');
        this.pending.add(command.check);
        return;
      case 'ban':
        this.noteBan(command);
        return;
      case 'release':
        demand(this.held.delete(command.handle), 'a handle is released twice');
        return;
      case 'close':
        demand(!this.isGivenUp, 'a step is taken that was to be given up');
        demand(this.pending.size === 0, 'a step closes while a check is pending');
        this.isClosed = true;
        return;
      case 'abandonStep':
        this.pending.clear();
        this.isClosed = true;
        return;
      default:
    }
  }

  /** The handles of a cover are the shell's now. Answers how many of them are lies. */
  handOver(cover: readonly Part[], truthOf: (node: Node) => number | undefined): number {
    let lies = 0;
    for (const { handle, node } of cover) {
      const { value, worker } = this.held.get(handle)!;
      const isLie = value !== truthOf(node);
      if (isLie) {
        const isCulprit = worker !== undefined && this.plan.workers[worker]!.lies > 0;
        demand(isCulprit, 'a wrong sum is accepted and nobody lied');
        demand(!this.audited.has(handle), 'a lie that was audited is accepted');
        lies++;
      }
      this.held.delete(handle);
    }
    demand(this.held.size === 0, 'handles are left when a step is closed');
    return lies;
  }

  after(event: StretchEvent, commands: readonly StretchCommand[]): void {
    this.noteForgotten();
    if (event.type === 'result') this.checkAudit(event, commands);
    const { round, workers } = this.fleet;
    for (const { id, leases, presence, nodes } of workers.values()) {
      for (const { deadlineMs } of leases) {
        demand(event.type !== 'tick' || deadlineMs > event.nowMs, 'a lease outlives its end');
      }
      demand(
        presence === 'present' || presence === 'draining' || leases.length === 0,
        'the absent hold leases',
      );
      demand(nodes === this.standings[id]!.nodes, 'the accepted nodes of a worker are not counted right');
    }
    if (round === undefined) demand(this.held.size === 0, 'handles are held without a round');
    else this.checkRound(round);
  }

  /** Who was away for long begins anew, but for a ban. */
  private noteForgotten(): void {
    const { workers, gone, round, options } = this.fleet;
    for (const [id, standing] of this.standings.entries()) {
      if (!workers.has(id) && !gone.has(id)) Object.assign(standing, { audits: 0, nodes: 0 });
    }
    demand(gone.size <= options.rememberedMax, 'more workers are remembered than allowed');
    for (const { id, presence, givenStep } of workers.values()) {
      demand(!gone.has(id), 'a worker is here and gone');
      const isAway = presence === 'gone' || presence === 'banned';
      demand(!isAway || givenStep === round?.step, 'somebody who left is looked at in each event');
    }
  }

  private noteAccepted(command: StretchCommand & { type: 'accept' }, step: number): void {
    const held = this.held.get(command.handle);
    demand(held !== undefined, 'a sum is accepted that was released');
    demand(held!.step === step, 'the sum of another step is accepted');
    demand(nameOf(step, held!.node) === nameOf(step, command.node), 'the sum of another node is accepted');
    demand(held!.worker === command.worker, 'the sum of somebody else is accepted');
    if (command.worker === undefined) return;
    const standing = this.standings[command.worker]!;
    demand(!standing.banned, 'a banned worker contributes');
    demand(standing.given.has(nameOf(step, command.node)), 'a node is accepted that was never given');
    // What takes the place of a banned worker's sum was counted as little as that is discounted.
    const { event } = this;
    if (event?.type === 'result' && event.handle === command.handle) standing.nodes++;
  }

  private noteRejected({ worker, code, step, node }: StretchCommand & { type: 'reject' }): void {
    const standing = this.standings[worker]!;
    const wasGiven = standing.given.has(nameOf(step, node));
    if (code === 'BANNED') demand(standing.banned, 'a worker is refused as banned that is not');
    if (code === 'NEVER_LEASED') demand(!wasGiven, 'an answer that is late is refused');
    if (code === 'STALE')
      demand(this.isClosed || step < this.fleet.step, 'an answer in time is refused as late');
    if (code === 'FUTURE') demand(step > this.fleet.step, 'an answer in time is refused as early');
  }

  private noteBan({ worker, proof }: StretchCommand & { type: 'ban' }): void {
    const standing = this.standings[worker]!;
    demand(this.plan.workers[worker]!.lies > 0, 'an honest worker is banned');
    demand((proof === undefined) === standing.banned, 'a worker is banned twice, or without proof');
    standing.banned = true;
  }

  /** The first results of a volunteer always, later ones as the draw says. */
  private checkAudit(event: StretchEvent & { type: 'result' }, commands: readonly StretchCommand[]): void {
    const { worker, handle, draw } = event;
    const of = (type: StretchCommand['type']) =>
      commands.some((command) => command.type === type && 'handle' in command && command.handle === handle);
    const compared = commands.some(
      (command) => command.type === 'compare' && command.left[0]?.handle === handle,
    );
    const isAudited = of('audit');
    if (isAudited) this.audited.add(handle);
    if (this.plan.workers[worker]!.trust === 'trusted') demand(!isAudited, 'a trusted worker is audited');
    else if (!of('release') && !compared) {
      const standing = this.standings[worker]!;
      const { newcomerAudits, auditRate } = this.plan.options;
      const wanted = standing.audits < newcomerAudits || draw < auditRate;
      demand(isAudited === wanted, wanted ? 'an audit is left out' : 'an audit that nobody drew');
      if (wanted) standing.audits++;
    }
  }

  private checkRound(round: Round): void {
    const { tree, done, claims, cover, spares, checks } = round;
    const { options, workers, banned } = this.fleet;
    const claimed = new Array<number>(tree.units).fill(0);
    const covered = new Array<number>(tree.units).fill(0);
    const add = (to: number[], key: number) => {
      const end = endUnit(tree, key);
      for (let unit = firstUnit(tree, key); unit < end; unit++) to[unit]!++;
    };
    let idle = 0;
    for (const worker of workers.values()) {
      for (const lease of worker.leases) if (lease.claims) add(claimed, lease.key);
      const { silent, speed, retryAtMs } = worker;
      const isTriedLater = speed.estimate === undefined && retryAtMs > this.event!.nowMs;
      if (isIdle(worker) && silent === 0 && !isTriedLater) idle++;
    }
    for (const key of round.local?.keys ?? []) add(claimed, key);
    for (const check of checks.values()) if (check.kind === 'notFinite') add(claimed, check.key);
    for (const { key, worker, handle } of cover.values()) {
      add(covered, key);
      demand(worker === LOCAL || !banned.has(worker), 'what a banned worker did is still in the step');
      demand(this.held.has(handle), 'a handle of the step was released');
    }
    let free = 0;
    let judged = 0;
    for (let unit = 0; unit < tree.units; unit++) {
      demand(claims[unit] === claimed[unit], 'somebody works on a unit who is not there');
      demand(done[unit] === covered[unit], 'a unit is in the step not at all, or twice');
      if (done[unit] === 0 && claims[unit] === 0) {
        free++;
        judged += round.suspect[unit]!;
      }
    }
    demand(round.freeUnits === free, 'free units are not counted right');
    const isLocalIdle = round.local === undefined && (options.localThreads > 0 || judged > 0);
    demand(free === 0 || !isLocalIdle, 'the local threads are idle while there is work');
    const isLeft = free > judged && options.share === 'always';
    demand(!isLeft || idle === 0, 'a worker is idle while there is work');
    const bound = cover.size + options.sparesMax + checks.size * (unitsOf(tree, 1) + 1) + 1;
    demand(this.held.size === round.handles && round.handles <= bound, 'more handles are held than allowed');
    demand(spares.size <= options.sparesMax + 1, 'more spares are kept than allowed');
    demand(this.pending.size === checks.size, 'a check is forgotten');
  }
}
