/**
 * A worker's life as a pure state machine: `step` answers the next state and the commands that follow from an event.
 * It reads no clock, draws no number, touches no bytes and awaits nothing, so that a life with any order of events can
 * be played in a test. PROTOCOL.md says what may be sent when; peer.ts binds the machine to the world.
 */

import { type ProtocolError, protocolErrors } from '../protocol/errors.ts';
import { SILENT_PERIODS } from '../protocol/limits.ts';
import type { Done, PauseReason, ServerMessage, Welcome } from '../protocol/messages.ts';
import {
  abortAll,
  breakOff,
  close,
  closed,
  comeBackOrStop,
  connect,
  connectTimedOut,
  end,
  fail,
  greet,
  offence,
  refused,
  stop,
} from './connection.ts';
import type { Moment, PeerCommand, PeerEvent, PeerPlan, Timer } from './events.ts';
import type { PeerState, Phase, Turn } from './state.ts';
import { isConnected, isGreeted, isPaused, send, stopWaiting, wait } from './state.ts';
import { assigned, cancelled, goOn, INTENSITY_MIN, settled, weightsCame } from './work.ts';

export interface Transition {
  readonly state: PeerState;
  readonly commands: readonly PeerCommand[];
}

export function step(plan: PeerPlan, before: PeerState, event: PeerEvent, at: Moment): Transition {
  const turn: Turn = { plan, state: { ...before }, at, commands: [] };
  take(turn, event);
  return { state: turn.state, commands: turn.commands };
}

function take(turn: Turn, event: PeerEvent): void {
  const { state } = turn;
  switch (event.type) {
    case 'start':
      start(turn);
      break;
    case 'stop':
      if (!isEnd(state.phase)) stop(turn);
      break;
    case 'finish':
      finish(turn);
      break;
    case 'pause':
      pause(turn, event.reason);
      break;
    case 'resume':
      resume(turn, event.reason);
      break;
    case 'threads':
      changeThreads(turn, event);
      break;
    case 'intensity':
      changeIntensity(turn, event.share);
      break;
    case 'prepared':
      state.engine = event.engine;
      if (state.phase === 'preparing') connect(turn);
      break;
    case 'settled':
      settled(turn, event.node, event.outcome);
      break;
    case 'failed':
      if (!isEnd(state.phase)) fail(turn, event.sentence);
      break;
    case 'elapsed':
      elapsed(turn, event.timer);
      break;
    case 'opened':
      if (state.phase === 'connecting') greet(turn);
      break;
    case 'closed':
      if (isConnected(state)) closed(turn, event.code);
      break;
    case 'received':
    case 'unreadable':
      if (!isConnected(state)) break;
      state.heardAtMs = turn.at.nowMs;
      if (event.type === 'unreadable') unreadable(turn, event.error);
      else if ('samples' in event) assigned(turn, event);
      else receive(turn, event.message);
      break;
  }
}

/** Whether nothing happens any more by itself. */
export function isEnd(phase: Phase): boolean {
  return phase === 'done' || phase === 'refused' || phase === 'failed' || phase === 'stopped';
}

function start(turn: Turn): void {
  const { state, commands } = turn;
  if (state.phase !== 'idle' && !isEnd(state.phase)) return;
  Object.assign(state, { failures: 0, problem: undefined, ended: undefined, digest: undefined });
  if (state.engine !== undefined) {
    connect(turn);
    return;
  }
  state.phase = 'preparing';
  commands.push({ type: 'prepare' });
}

/** Takes nothing new, finishes what is held, and leaves; where nothing is held that is at once. */
function finish(turn: Turn): void {
  const { state } = turn;
  if (state.phase === 'finishing') {
    // The person has the last word: it does not come back when the run is there again.
    state.drain = undefined;
    return;
  }
  if (state.phase !== 'serving') {
    if (!isEnd(state.phase)) stop(turn);
    return;
  }
  send(turn, { type: 'finish' });
  state.phase = 'finishing';
  goOn(turn);
}

function pause(turn: Turn, reason: PauseReason): void {
  const { state } = turn;
  if (state.pauses.includes(reason)) return;
  state.pauses = [...state.pauses, reason];
  abortAll(turn);
  if (state.phase === 'serving' && !state.pauseSent) {
    state.pauseSent = true;
    send(turn, { type: 'pause', reason });
  }
  goOn(turn);
}

function resume(turn: Turn, reason: PauseReason): void {
  const { state } = turn;
  state.pauses = state.pauses.filter((other) => other !== reason);
  if (isPaused(state) || !state.pauseSent || state.phase !== 'serving') return;
  state.pauseSent = false;
  send(turn, { type: 'resume', threads: state.threads });
}

function changeThreads(turn: Turn, { threads, lanes }: { threads: number; lanes: number }): void {
  const { state } = turn;
  const tells = threads !== state.threads && state.phase === 'serving' && !isPaused(state);
  Object.assign(state, { threads, lanes });
  if (tells) send(turn, { type: 'resume', threads });
  goOn(turn);
}

function changeIntensity(turn: Turn, share: number): void {
  const { state } = turn;
  state.intensity = Math.min(1, Math.max(INTENSITY_MIN, share));
  state.rests = [];
  goOn(turn);
}

function receive(turn: Turn, message: Exclude<ServerMessage, { type: 'assign' }>): void {
  switch (message.type) {
    case 'refuse':
      close(turn);
      refused(turn, message);
      break;
    case 'reject':
      turn.state.problem = message.sentence;
      break;
    case 'welcome':
      if (turn.state.phase === 'greeting') welcomed(turn, message);
      else breakOff(turn, offence('GREETED_TWICE'));
      break;
    default:
      if (isGreeted(turn.state)) receiveGreeted(turn, message);
      else breakOff(turn, offence('WELCOME_MISSING'));
  }
}

type Greeted = Exclude<ServerMessage, { type: 'assign' | 'refuse' | 'reject' | 'welcome' }>;

function receiveGreeted(turn: Turn, message: Greeted): void {
  const { state } = turn;
  switch (message.type) {
    case 'weights':
      weightsCame(turn, message);
      break;
    case 'cancel':
      cancelled(turn, message);
      break;
    case 'status':
      state.status = message;
      break;
    case 'standing':
      state.standing = message;
      break;
    case 'drain':
      if (state.phase === 'finishing') break;
      state.phase = 'finishing';
      state.drain = { retryMs: message.retryMs };
      goOn(turn);
      break;
    case 'done':
      done(turn, message);
      break;
  }
}

function welcomed(turn: Turn, welcome: Welcome): void {
  const { state, commands, at } = turn;
  const isSameWorker = state.identity === welcome.identity;
  // Only a run that knows the worker is the one that gave the weights and nodes which are still here.
  if (!state.hasSession || !isSameWorker || !isSameRun(state.run!, welcome)) {
    Object.assign(state, { versions: [], running: [], kept: [], rests: [], hasSession: true });
    commands.push({ type: 'openRun', run: welcome });
  }
  if (!isSameWorker) {
    state.standing = undefined;
    state.identity = welcome.identity;
    commands.push({ type: 'keepIdentity', identity: welcome.identity });
  }
  Object.assign(state, { run: welcome, status: undefined, problem: undefined, ended: undefined });
  state.phase = 'serving';
  state.greetedAtMs = at.nowMs;
  stopWaiting(turn, 'connect');
  wait(turn, 'silence', silenceMs(welcome));
  const [reason] = state.pauses;
  if (reason === undefined) return;
  state.pauseSent = true;
  send(turn, { type: 'pause', reason });
}

/** Whether nodes and weights of one are those of the other, as far as a worker is told. */
function isSameRun(a: Welcome, b: Welcome): boolean {
  const told = ({ identity, worker, statusMs, description, ...run }: Welcome) =>
    JSON.stringify(Object.entries(run).sort(([left], [right]) => (left < right ? -1 : 1)));
  return told(a) === told(b);
}

function done(turn: Turn, { reason, digest }: Done): void {
  close(turn);
  Object.assign(turn.state, { ended: reason, digest });
  if (reason === 'stopped') comeBackOrStop(turn, { orderly: true });
  else end(turn, 'done');
}

function unreadable(turn: Turn, error: ProtocolError): void {
  if (protocolErrors[error.code].ends) breakOff(turn, error);
  else turn.state.problem = error.message;
}

function silenceMs({ statusMs }: Welcome): number {
  return SILENT_PERIODS * statusMs;
}

function elapsed(turn: Turn, timer: Timer): void {
  const { state, at } = turn;
  if (!state.waits.includes(timer)) return;
  state.waits = state.waits.filter((other) => other !== timer);
  switch (timer) {
    case 'connect':
      connectTimedOut(turn);
      break;
    case 'reconnect':
      connect(turn);
      break;
    case 'silence': {
      // Each message moves the moment; the wait is only begun anew when it is over.
      const leftMs = state.heardAtMs + silenceMs(state.run!) - at.nowMs;
      if (leftMs > 0) wait(turn, 'silence', Math.ceil(leftMs));
      else breakOff(turn, offence('SILENT'));
      break;
    }
    case 'weights':
      breakOff(turn, offence('WEIGHTS_MISSING'));
      break;
    case 'rest':
    case 'send':
      goOn(turn);
      break;
  }
}
