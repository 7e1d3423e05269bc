/**
 * The workers that are connected: what they say becomes events for the steps, and what the steps command becomes
 * messages. In: connections that the server has let in; out: events, and frames of which broadcasts are encoded once.
 */

import { encodeMessage, floatOfBits } from '@hivegrad/shared/protocol/codec';
import { ProtocolError } from '@hivegrad/shared/protocol/errors';
import { LEASES_MAX } from '@hivegrad/shared/protocol/limits';
import type {
  ClientMessage,
  Hello,
  Missing,
  Result,
  Standing,
  Welcome,
} from '@hivegrad/shared/protocol/messages';
import type { Node } from '@hivegrad/shared/reduce/tree';
import { waitingReasonOf } from '../fleet/capacity.ts';
import type { Trust } from '../fleet/events.ts';
import type { Connection, Handlers, Refusal } from '../server/ports.ts';
import type { Assignments } from './assignments.ts';
import type { Member, Members } from './members.ts';
import type { Steps, Workers } from './steps.ts';

export interface CrowdOptions {
  readonly welcome: Omit<Welcome, 'type' | 'worker' | 'identity'>;
  readonly trust: Trust;
  readonly members: Members;
  readonly assignments: Assignments;
  /** The weights that training stands at, float32 [parameters]. */
  readonly weights: (version: number) => Uint8Array;
  readonly steps: () => Pick<Steps, 'fleet' | 'roundStep' | 'dispatch' | 'take'>;
  /** Tells a person in a sentence. */
  readonly onNotice: (sentence: string) => void;
}

export class Crowd implements Handlers, Workers {
  readonly #options: CrowdOptions;
  #rejected = 0;
  #weights: { readonly version: number; readonly frame: Uint8Array<ArrayBuffer> } | undefined;

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  onHello(connection: Connection, hello: Hello, isFull: boolean): 'accept' | Refusal {
    const { members, welcome, trust } = this.#options;
    const steps = this.#options.steps();
    const known = members.known(hello);
    if (known !== undefined && steps.fleet.banned.has(known)) return { code: 'BANNED' };
    // A secret that nobody has makes no room.
    if (isFull && (known === undefined || members.of(known) === undefined)) return { code: 'RUN_FULL' };
    const { member, identity, replaced } = members.welcome(connection, hello);
    replaced?.refuse(new ProtocolError('REPLACED'));
    const { worker } = member;
    connection.send({ type: 'welcome', ...welcome, worker, identity });
    steps.dispatch({ type: 'joined', worker, trust, nowMs: performance.now() });
    return 'accept';
  }

  onMessage(connection: Connection, message: Exclude<ClientMessage, Hello>): void {
    // Another connection has taken its place, and this one is being closed.
    const member = this.#options.members.on(connection);
    if (member === undefined) return;
    const steps = this.#options.steps();
    const { worker } = member;
    const nowMs = performance.now();
    switch (message.type) {
      case 'result':
        this.#takeResult(member, message);
        return;
      case 'notFinite': {
        const { step, level, index } = message;
        steps.dispatch({ type: 'notFinite', worker, step, node: { level, index }, nowMs });
        return;
      }
      case 'missing':
        this.#takeMissing(member, message);
        return;
      case 'progress':
        return;
      case 'pause':
        steps.dispatch({ type: 'paused', worker, nowMs });
        return;
      case 'resume':
        steps.dispatch({ type: 'resumed', worker, nowMs });
        return;
      case 'finish':
        steps.dispatch({ type: 'draining', worker, nowMs });
        return;
      case 'bye':
        connection.close();
        return;
    }
  }

  onClose(connection: Connection): void {
    const member = this.#options.members.leave(connection);
    if (member === undefined) return;
    this.#options.steps().dispatch({ type: 'left', worker: member.worker, nowMs: performance.now() });
  }

  sendWeights(worker: number, version: number): void {
    if (this.#weights?.version !== version) {
      const frame = encodeMessage({ type: 'weights', version, body: this.#options.weights(version) });
      this.#weights = { version, frame };
    }
    this.#options.members.of(worker)?.connection.sendFrame(this.#weights.frame);
  }

  assign({ worker, step, node, leaseMs }: Parameters<Workers['assign']>[0]): void {
    const member = this.#options.members.of(worker);
    if (member === undefined) return;
    remember(member.given, nameOf(step, node));
    const frame = this.#options.assignments.frameOf({ step, ...node }, Math.ceil(leaseMs), member.rows);
    member.connection.sendFrame(frame);
  }

  cancel({ worker, step, node }: Parameters<Workers['cancel']>[0]): void {
    const { level, index } = node;
    this.#options.members.of(worker)?.connection.send({ type: 'cancel', step, level, index });
  }

  reject({ worker, code, step, node }: Parameters<Workers['reject']>[0]): void {
    this.#rejected++;
    const member = this.#options.members.of(worker);
    // It crossed the end of its step, which others brought about.
    if (code === 'STALE' && member?.given.has(nameOf(step, node))) return;
    member?.connection.fail(new ProtocolError(code));
  }

  ban({ worker, proof }: Parameters<Workers['ban']>[0]): void {
    this.#options.members.of(worker)?.connection.refuse(new ProtocolError('BANNED'));
    if (proof === undefined) return;
    const { step, node } = proof;
    this.#options.onNotice(
      `Worker ${worker} sent wrong bits for node ${node.level}/${node.index} of step ${step}. It is banned, and what it ` +
        'did in this step is done again.',
    );
  }

  /** Tells each worker what became of its work and why it waits, where that has changed. */
  tellStandings(): void {
    const { fleet } = this.#options.steps();
    for (const member of this.#options.members.all()) {
      const { worker, connection } = member;
      const known = fleet.workers.get(worker);
      const waiting = waitingReasonOf(fleet, worker);
      const standing: Standing = {
        type: 'standing',
        nodes: known?.nodes ?? 0,
        samples: known?.samples ?? 0,
        ...(waiting !== undefined && { waiting }),
      };
      const text = `${standing.nodes} ${standing.samples} ${standing.waiting}`;
      if (text === member.told) continue;
      member.told = text;
      connection.send(standing);
    }
  }

  #takeResult(member: Member, message: Result): void {
    const { worker, connection } = member;
    const { step, level, index, lossBits, correct, computeUs, body } = message;
    const lossSum = floatOfBits(lossBits);
    const node = { level, index };
    const sent = { worker, step, node, gradient: body, lossSum, correct, computeMs: computeUs / 1000 };
    const rejected = this.#rejected;
    const verdict = this.#options.steps().take(sent);
    // The first answer to what was given was asked for: the faster a worker, the more of them there are.
    if (member.given.delete(nameOf(step, node))) connection.uncount();
    // One message is rejected once, and for what is judged first.
    if (verdict === 'notFinite' && this.#rejected === rejected) {
      connection.fail(new ProtocolError('NOT_FINITE'));
    }
  }

  #takeMissing({ worker, rows, given }: Member, message: Missing): void {
    const { step, level, index } = message;
    const node = { level, index };
    const steps = this.#options.steps();
    // Of any other node nobody asked; to look its rows up in the order of another epoch would cost a shuffle of all.
    if (step === steps.roundStep && given.has(nameOf(step, node))) {
      this.#options.assignments.forget(message, rows);
    }
    steps.dispatch({ type: 'missing', worker, step, node, nowMs: performance.now() });
  }
}

/** As many as a worker may hold, and as many that were taken back while it computed them. */
const GIVEN_MAX = 2 * LEASES_MAX;

function remember(given: Set<string>, name: string): void {
  given.add(name);
  for (const oldest of given) {
    if (given.size <= GIVEN_MAX) return;
    given.delete(oldest);
  }
}

function nameOf(step: number, { level, index }: Node): string {
  return `${step} ${level} ${index}`;
}
