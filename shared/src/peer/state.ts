/**
 * The state of a worker as plain data, and the turn in which an event changes it. `step` (machine.ts) copies the
 * state for each turn, and lists in it are replaced and never changed, so an old state stays what it was.
 */

import type {
  ClientMessage,
  DoneReason,
  NodeAddress,
  PauseReason,
  Standing,
  Status,
  Welcome,
} from '../protocol/messages.ts';
import type { Moment, PeerCommand, PeerPlan, Timer } from './events.ts';
import { timers } from './events.ts';
import type { Engine, Outcome } from './ports.ts';
import type { ExtraRows } from './rows.ts';

/**
 * `idle`: nobody has consented yet. `preparing`: the engine takes its test. `connecting`, then `greeting`: hello is
 * sent. `serving`: welcomed; paused where `pauses` has a reason. `finishing`: takes nothing new. `waiting`: until the
 * next attempt to connect. The others are ends, from which only `start` leads back: the run is over, the run refused
 * the worker for good, this machine cannot compute, or the person stopped.
 */
export type Phase =
  | 'idle'
  | 'preparing'
  | 'connecting'
  | 'greeting'
  | 'serving'
  | 'finishing'
  | 'waiting'
  | 'done'
  | 'refused'
  | 'failed'
  | 'stopped';

export interface Task {
  readonly node: NodeAddress;
  readonly version: number;
  readonly samples: number;
  readonly extra: ExtraRows | undefined;
}

export interface Running extends Task {
  /** What becomes of its outcome: it is sent; it is kept since its connection was lost; or nobody needs it. */
  readonly use: 'send' | 'keep' | 'drop';
  readonly aborting: boolean;
  /** Given again after it was aborted: computed once more where the abort came in time. */
  readonly again: boolean;
}

export interface Finished extends Task {
  readonly outcome: Exclude<Outcome, { kind: 'aborted' }>;
}

export interface PendingWeights {
  readonly version: number;
  readonly body: Uint8Array;
}

export interface PeerState {
  phase: Phase;
  engine: Engine | undefined;
  threads: number;
  /** Nodes that are computed side by side. */
  lanes: number;
  /** Share of the time to compute in, above 0 and at most 1. */
  intensity: number;
  /** Why it is paused; several can hold at once. */
  pauses: readonly PauseReason[];
  /** Whether the run knows that it is paused. */
  pauseSent: boolean;
  identity: string | undefined;

  // The connection.
  /** Attempts and connections in a row that came to nothing. */
  failures: number;
  greetedAtMs: number | undefined;
  heardAtMs: number;
  /** When the next attempt is made, in `waiting`. */
  retryAtMs: number;
  /** What a drain said about coming back. */
  drain: { readonly retryMs: number | undefined } | undefined;
  /** Why the last connection ended, or what the run last found fault with. */
  problem: string | undefined;

  // The run, as it was last told.
  /** Whether there is a session that computes for `run`. */
  hasSession: boolean;
  run: Welcome | undefined;
  status: Status | undefined;
  standing: Standing | undefined;
  /** How the run ended. */
  ended: DoneReason | undefined;
  digest: string | undefined;

  // Work. A node stands in at most one of these lists.
  /** Versions that the session holds, at most two, in the order in which they came. */
  versions: readonly number[];
  /** The version that came last on this connection, -1 before the first. */
  newest: number;
  /** New weights that wait until a running node no longer needs those that they replace. */
  pending: PendingWeights | undefined;
  queue: readonly Task[];
  running: readonly Running[];
  /** Computed, and to be sent when the socket has room. */
  outbox: readonly Finished[];
  /** Computed for a connection that was lost; sent when the same run asks again for the same node. */
  kept: readonly Finished[];
  /** When each lane that rests has rested enough. */
  rests: readonly number[];
  /** Waits that are under way. */
  waits: readonly Timer[];

  // What this worker did since it was made.
  computed: number;
  computedSamples: number;
  computeUs: number;
}

export interface Turn {
  readonly plan: PeerPlan;
  readonly state: PeerState;
  readonly at: Moment;
  readonly commands: PeerCommand[];
}

export interface PeerOptions {
  readonly threads: number;
  readonly lanes: number;
  /** Default 1. */
  readonly intensity?: number;
  /** Of an earlier life. */
  readonly identity?: string | undefined;
}

export function initialState({ threads, lanes, intensity = 1, identity }: PeerOptions): PeerState {
  return {
    phase: 'idle',
    engine: undefined,
    threads,
    lanes,
    intensity,
    pauses: [],
    pauseSent: false,
    identity,
    failures: 0,
    greetedAtMs: undefined,
    heardAtMs: 0,
    retryAtMs: 0,
    drain: undefined,
    problem: undefined,
    hasSession: false,
    run: undefined,
    status: undefined,
    standing: undefined,
    ended: undefined,
    digest: undefined,
    versions: [],
    newest: -1,
    pending: undefined,
    queue: [],
    running: [],
    outbox: [],
    kept: [],
    rests: [],
    waits: [],
    computed: 0,
    computedSamples: 0,
    computeUs: 0,
  };
}

/** Results of lost connections that are kept. */
const KEPT_MAX = 8;

/** Keeps results for the case that they are asked for again; of too many the latest. */
export function keep(state: PeerState, results: readonly Finished[]): void {
  state.kept = [...state.kept, ...results].slice(-KEPT_MAX);
}

export function isSame(a: NodeAddress, b: NodeAddress): boolean {
  return a.step === b.step && a.level === b.level && a.index === b.index;
}

/** The name of a node alone, as a message has it. */
export function addressOf({ step, level, index }: NodeAddress): NodeAddress {
  return { step, level, index };
}

export function without<T extends { readonly node: NodeAddress }>(
  list: readonly T[],
  node: NodeAddress,
): readonly T[] {
  return list.filter((entry) => !isSame(entry.node, node));
}

/** Whether a connection is up on which the worker was welcomed. */
export function isGreeted({ phase }: Pick<PeerState, 'phase'>): boolean {
  return phase === 'serving' || phase === 'finishing';
}

export function isConnected(state: Pick<PeerState, 'phase'>): boolean {
  return isGreeted(state) || state.phase === 'connecting' || state.phase === 'greeting';
}

export function isPaused({ pauses }: Pick<PeerState, 'pauses'>): boolean {
  return pauses.length > 0;
}

export function send({ commands }: Turn, message: ClientMessage): void {
  commands.push({ type: 'send', message });
}

export function wait({ state, commands }: Turn, timer: Timer, ms: number): void {
  if (!state.waits.includes(timer)) state.waits = [...state.waits, timer];
  commands.push({ type: 'wait', timer, ms });
}

export function stopWaiting({ state, commands }: Turn, timer: Timer): void {
  if (!state.waits.includes(timer)) return;
  state.waits = state.waits.filter((other) => other !== timer);
  commands.push({ type: 'stopWaiting', timer });
}

export function stopAllWaits(turn: Turn): void {
  for (const timer of timers) stopWaiting(turn, timer);
}
