/**
 * How a worker comes, goes and comes back: attempts to connect with back-off, the hello, goodbyes, and what becomes
 * of its work when a connection ends. Invariant: on each connection one hello is sent, first, and nothing behind the
 * goodbye.
 */

import type { ProtocolCode } from '../protocol/errors.ts';
import { closeCodeOf, codeOfClose, ProtocolError, protocolErrors } from '../protocol/errors.ts';
import { PROTOCOL_VERSION } from '../protocol/limits.ts';
import type { ByeReason, Refuse } from '../protocol/messages.ts';
import { afterRefusal } from '../protocol/refusals.ts';
import type { Phase, Turn } from './state.ts';
import { addressOf, isConnected, isGreeted, keep, send, stopAllWaits, stopWaiting, wait } from './state.ts';

/** From the beginning of an attempt to the welcome. */
export const CONNECT_MS = 30_000;
/** Before the second attempt; doubled with each that fails. */
export const BACK_OFF_MS_MIN = 500;
export const BACK_OFF_MS_MAX = 60_000;

const NORMAL_CLOSURE = 1000;

/**
 * Milliseconds until the next attempt behind `failures` that came to nothing, at least `retryMs`. The random part is
 * up to half of the back-off, so that workers that lost one run together do not come back together.
 */
export function backOffMs(failures: number, chance: number, retryMs = 0): number {
  const doubled = BACK_OFF_MS_MIN * (1 << Math.min(failures, 7));
  const base = Math.min(doubled, BACK_OFF_MS_MAX);
  return Math.max(base, retryMs) + Math.floor((chance * base) / 2);
}

export function connect(turn: Turn): void {
  turn.state.phase = 'connecting';
  turn.commands.push({ type: 'connect' });
  wait(turn, 'connect', CONNECT_MS);
}

/** The socket is open: who we are and with what we compute. */
export function greet(turn: Turn): void {
  const { plan, state } = turn;
  state.phase = 'greeting';
  send(turn, {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    kernels: state.engine!.kernels,
    answer: state.engine!.answer,
    agent: plan.agent,
    threads: state.threads,
    cacheId: plan.cacheId,
    rowBytesMax: plan.rowBytesMax,
    ...(state.identity !== undefined && { identity: state.identity }),
    ...(plan.name !== undefined && { name: plan.name }),
  });
}

export interface Return {
  readonly problem?: string | undefined;
  readonly retryMs?: number | undefined;
  /** Whether nobody did anything wrong, so that the back-off starts over behind a welcome. Default false. */
  readonly orderly?: boolean;
}

/** The connection is over or came to nothing; the next attempt comes after a back-off. */
export function comeBack(turn: Turn, { problem, retryMs, orderly = false }: Return): void {
  const { state, at } = turn;
  const greetedMs = state.greetedAtMs === undefined ? -1 : at.nowMs - state.greetedAtMs;
  if (greetedMs >= BACK_OFF_MS_MAX || (orderly && greetedMs >= 0)) state.failures = 0;
  endConnection(turn);
  const ms = backOffMs(state.failures, at.chance, retryMs);
  state.failures++;
  state.problem = problem;
  state.phase = 'waiting';
  state.retryAtMs = at.nowMs + ms;
  wait(turn, 'reconnect', ms);
}

/** What a worker that wanted to leave does where its connection is over: nothing keeps it, but for a drain. */
export function comeBackOrStop(turn: Turn, how: Return): void {
  const { phase, drain } = turn.state;
  if (phase !== 'finishing') comeBack(turn, how);
  else if (drain?.retryMs !== undefined) comeBack(turn, { retryMs: drain.retryMs, orderly: true });
  else end(turn, 'stopped');
}

/** Closes a connection on which the run, or the line, did something wrong. */
export function breakOff(turn: Turn, error: ProtocolError): void {
  close(turn, closeCodeOf(error.code));
  comeBackOrStop(turn, { problem: error.message });
}

/** The last words on a connection on which the worker is greeted. */
export function sayGoodbye(turn: Turn, reason: ByeReason): void {
  send(turn, { type: 'bye', reason });
  close(turn);
}

export function close(turn: Turn, code = NORMAL_CLOSURE): void {
  turn.commands.push({ type: 'close', code });
}

/** An end from which only the person leads back: nothing is computed, waited for or kept any more. */
export function end(
  turn: Turn,
  phase: Extract<Phase, 'done' | 'refused' | 'failed' | 'stopped'>,
  problem?: string,
): void {
  const { state, commands } = turn;
  endConnection(turn);
  stopAllWaits(turn);
  if (state.hasSession) commands.push({ type: 'closeRun' });
  Object.assign(state, { hasSession: false, versions: [], running: [], kept: [], rests: [] });
  state.phase = phase;
  state.problem = problem;
}

/** The run said that the connection is over. */
export function refused(turn: Turn, refusal: Pick<Refuse, 'code' | 'sentence' | 'retryMs'>): void {
  const { code, again } = afterRefusal(refusal);
  const { state, commands } = turn;
  const problem = refusal.sentence;
  if (again === 'never') {
    end(turn, code === 'RUN_OVER' ? 'done' : 'refused', problem);
    return;
  }
  if (again === 'fresh') {
    state.identity = undefined;
    commands.push({ type: 'keepIdentity', identity: undefined });
  }
  comeBackOrStop(turn, { problem, retryMs: refusal.retryMs });
}

/** The connection closed, or never opened. A code of ours stands for a refusal that did not arrive. */
export function closed(turn: Turn, closeCode: number): void {
  const code: ProtocolCode | undefined = codeOfClose(closeCode);
  if (code !== undefined) {
    const { number, sentence } = protocolErrors[code];
    refused(turn, { code: number, sentence });
    return;
  }
  const reached = turn.state.phase !== 'connecting';
  const problem = reached
    ? 'The connection to the run was lost.'
    : 'The run cannot be reached. Is the address right, does the run still go on, and does it ask for a token?';
  comeBackOrStop(turn, { problem, orderly: true });
}

/** No welcome came. */
export function connectTimedOut(turn: Turn): void {
  close(turn);
  comeBack(turn, { problem: 'The run does not answer.' });
}

/** What may have been sent is forgotten, and what was computed is kept for the case that it is asked for again. */
function endConnection(turn: Turn): void {
  const { state } = turn;
  for (const timer of ['connect', 'reconnect', 'silence', 'weights', 'send'] as const)
    stopWaiting(turn, timer);
  if (!isConnected(state)) return;
  keep(state, state.outbox);
  state.running = state.running.map((task) =>
    task.use === 'send' ? { ...task, use: 'keep', again: false } : task,
  );
  Object.assign(state, { queue: [], outbox: [], pending: undefined, newest: -1 });
  Object.assign(state, { pauseSent: false, greetedAtMs: undefined, drain: undefined });
}

/** Stops computing for whoever is in need of the machine; results that come all the same are used. */
export function abortAll(turn: Turn): void {
  const { state, commands } = turn;
  for (const task of state.running) {
    if (!task.aborting) commands.push({ type: 'abort', node: addressOf(task.node) });
  }
  state.running = state.running.map((task) => ({ ...task, aborting: true, again: false }));
  state.queue = [];
}

/** The person stops, at once. */
export function stop(turn: Turn): void {
  const { state } = turn;
  if (isGreeted(state)) sayGoodbye(turn, 'user');
  else if (isConnected(state)) close(turn);
  end(turn, 'stopped');
}

/** This machine cannot compute for the run. */
export function fail(turn: Turn, sentence: string): void {
  const { state } = turn;
  if (isGreeted(state)) sayGoodbye(turn, 'failed');
  else if (isConnected(state)) close(turn);
  end(turn, 'failed', sentence);
}

/** An offence of the run that its frames do not show. */
export function offence(code: ProtocolCode): ProtocolError {
  return new ProtocolError(code);
}
