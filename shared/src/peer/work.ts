/**
 * From an assignment to its answer: nodes wait in the order in which they came, are computed in as many lanes as the
 * engine has, and their results are sent when the socket has room. Invariants: a result is sent only on a connection on
 * which its node was given; weights are replaced only when no running node reads them.
 */

import { gradientBytes, LEASES_MAX } from '../protocol/limits.ts';
import type { NodeAddress } from '../protocol/messages.ts';
import { breakOff, comeBackOrStop, offence, sayGoodbye } from './connection.ts';
import type { PeerEvent } from './events.ts';
import type { Outcome } from './ports.ts';
import type { Finished, Running, Task, Turn } from './state.ts';
import { addressOf, isGreeted, isPaused, isSame, keep, send, stopWaiting, wait, without } from './state.ts';

/** Results that wait for the socket before the next node is begun. */
export const OUTBOX_MAX = 4;
/** What may wait in the socket, unless a single result has more. */
export const BUFFERED_BYTES_MAX = 1_048_576;
/** How often a full socket is looked at: browsers do not tell when it has room. */
const SEND_POLL_MS = 20;
/** How long a node waits for its weights, which should have come before it. */
export const WEIGHTS_MS = 30_000;
/** Longest rest between two nodes, however little of the time is lent. */
const REST_MS_MAX = 60_000;
export const INTENSITY_MIN = 0.05;

type Assigned = Extract<PeerEvent, { samples: number }>;

export function assigned(turn: Turn, { message, samples, extra, lacking }: Assigned): void {
  const { state } = turn;
  // It crossed our pause or our goodbye, and the run has taken it back already.
  if (state.phase !== 'serving' || isPaused(state)) return;
  const node = addressOf(message);
  const { version } = message;
  if ([...state.queue, ...state.outbox].some((task) => isSame(task.node, node))) return;
  if (rejoin(turn, node, version) || state.running.some((task) => isSame(task.node, node))) return;
  if (lacking !== undefined) {
    send(turn, { type: 'missing', ...node, rows: lacking.rows, body: lacking.mask });
    return;
  }
  // The run has two newer versions, so the step of this one is over.
  if (version < state.newest && !state.versions.includes(version)) return;
  if (state.queue.length + state.running.filter(isOwed).length >= LEASES_MAX) {
    breakOff(turn, offence('TOO_MANY_LEASES'));
    return;
  }
  state.queue = [...state.queue, { node, version, samples, extra }];
  goOn(turn);
}

/** A node that is known already: it was computed for a connection that was lost, or is being computed. */
function rejoin(turn: Turn, node: NodeAddress, version: number): boolean {
  const { state } = turn;
  const isIt = (task: Task) => isSame(task.node, node) && task.version === version;
  const done = state.kept.find(isIt);
  if (done !== undefined) {
    state.kept = without(state.kept, node);
    state.outbox = [...state.outbox, done];
    goOn(turn);
    return true;
  }
  if (!state.running.some(isIt)) return false;
  state.running = state.running.map((task) =>
    isIt(task) ? { ...task, use: 'send', again: task.aborting } : task,
  );
  return true;
}

/** Whether the run waits for this node. */
function isOwed({ use, aborting, again }: Running): boolean {
  return use === 'send' && (!aborting || again);
}

export function cancelled(turn: Turn, node: NodeAddress): void {
  const { state, commands } = turn;
  state.queue = without(state.queue, node);
  state.outbox = without(state.outbox, node);
  const task = state.running.find((running) => isSame(running.node, node));
  if (task !== undefined) {
    if (!task.aborting) commands.push({ type: 'abort', node: addressOf(node) });
    const dropped: Running = { ...task, use: 'drop', aborting: true, again: false };
    state.running = state.running.map((running) => (running === task ? dropped : running));
  }
  goOn(turn);
}

/** New weights: the newest ones wait for a place, and those that wait already are forgotten. */
export function weightsCame(turn: Turn, { version, body }: { version: number; body: Uint8Array }): void {
  const { state } = turn;
  if (version <= state.newest) return;
  state.newest = version;
  state.kept = state.kept.filter((done) => done.version >= version);
  state.pending = state.versions.includes(version) ? undefined : { version, body };
  goOn(turn);
}

export function settled(turn: Turn, node: NodeAddress, outcome: Outcome): void {
  const { state } = turn;
  const task = state.running.find((running) => isSame(running.node, node));
  if (task === undefined) return;
  state.running = state.running.filter((running) => running !== task);
  const { version, samples, extra, use, again } = task;
  if (outcome.kind === 'aborted') {
    if (again) state.queue = [{ node: task.node, version, samples, extra }, ...state.queue];
  } else {
    countWork(turn, samples, outcome.computeUs);
    const done: Finished = { node: task.node, version, samples, extra: undefined, outcome };
    if (use === 'send') state.outbox = [...state.outbox, done];
    else if (use === 'keep') keep(state, [done]);
  }
  goOn(turn);
}

function countWork(turn: Turn, samples: number, computeUs: number): void {
  const { state, at } = turn;
  state.computed++;
  state.computedSamples += samples;
  state.computeUs += computeUs;
  const { intensity } = state;
  if (intensity >= 1) return;
  const ms = Math.min((computeUs / 1000) * ((1 - intensity) / intensity), REST_MS_MAX);
  state.rests = [...state.rests, at.nowMs + ms];
}

/** Whatever can go on does: weights find their place, results are sent, nodes begin, the worker leaves. */
export function goOn(turn: Turn): void {
  handWeightsOver(turn);
  sendResults(turn);
  beginNodes(turn);
  waitForWeights(turn);
  rest(turn);
  leaveWhenDone(turn);
}

function handWeightsOver({ state, commands }: Turn): void {
  const { pending, versions, running } = state;
  if (pending !== undefined) {
    const replaces = versions.length < 2 ? undefined : versions[0];
    if (replaces === undefined || !running.some(({ version }) => version === replaces)) {
      state.pending = undefined;
      state.versions = [...versions.slice(replaces === undefined ? 0 : 1), pending.version];
      commands.push({ type: 'setWeights', ...pending, replaces });
    }
  }
  // Nodes whose weights are gone are of steps that are over.
  state.queue = state.queue.filter(
    ({ version }) => version >= state.newest || state.versions.includes(version),
  );
}

function sendResults(turn: Turn): void {
  const { state, at } = turn;
  if (!isGreeted(state)) return;
  let buffered = at.bufferedBytes;
  while (state.outbox.length > 0) {
    const { node, outcome } = state.outbox[0]!;
    const bytes = outcome.kind === 'result' ? gradientBytes(state.run!) : 0;
    if (buffered > 0 && buffered + bytes > BUFFERED_BYTES_MAX) {
      wait(turn, 'send', SEND_POLL_MS);
      return;
    }
    state.outbox = state.outbox.slice(1);
    buffered += bytes;
    if (outcome.kind === 'notFinite') send(turn, { type: 'notFinite', ...node });
    else {
      const { lossBits, correct, computeUs, gradient: body } = outcome;
      send(turn, { type: 'result', ...node, lossBits, correct, computeUs, body });
    }
  }
  stopWaiting(turn, 'send');
}

function beginNodes({ state, commands, at }: Turn): void {
  state.rests = state.rests.filter((untilMs) => untilMs > at.nowMs);
  if (!isGreeted(state)) return;
  for (;;) {
    const next = state.queue[0];
    const free = state.lanes - state.running.length - state.rests.length;
    if (next === undefined || free <= 0 || state.outbox.length >= OUTBOX_MAX) return;
    // The order stays as it is: the next one waits for its weights, and the others with it.
    if (!state.versions.includes(next.version)) return;
    state.queue = state.queue.slice(1);
    state.running = [...state.running, { ...next, use: 'send', aborting: false, again: false }];
    commands.push({ type: 'compute', node: next.node, version: next.version, extra: next.extra });
  }
}

function waitForWeights(turn: Turn): void {
  const { queue, newest, waits } = turn.state;
  const lacks = queue[0] !== undefined && queue[0].version > newest;
  if (!lacks) stopWaiting(turn, 'weights');
  else if (!waits.includes('weights')) wait(turn, 'weights', WEIGHTS_MS);
}

function rest(turn: Turn): void {
  const { rests, queue } = turn.state;
  if (rests.length === 0 || queue.length === 0) stopWaiting(turn, 'rest');
  else wait(turn, 'rest', Math.ceil(Math.min(...rests) - turn.at.nowMs));
}

function leaveWhenDone(turn: Turn): void {
  const { phase, queue, outbox, running } = turn.state;
  if (phase !== 'finishing' || queue.length > 0 || outbox.length > 0 || running.some(isOwed)) return;
  sayGoodbye(turn, 'finished');
  comeBackOrStop(turn, {});
}
