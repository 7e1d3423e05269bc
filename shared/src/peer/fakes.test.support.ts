/**
 * Ports that a test has in its hands: a clock that stands still, lines that carry what the test delivers, an engine that
 * settles when it is told. A line judges what the worker sends by PROTOCOL.md at once, and the engine its contract.
 */

import { encodeMessage } from '../protocol/codec.ts';
import type { ClientMessage, NodeAddress, RunShape, ServerMessage } from '../protocol/messages.ts';
import { parseClientMessage } from '../protocol/parse-client.ts';
import { exampleShape } from '../protocol/protocol.test.support.ts';
import type { Compute, ComputeTask, Outcome, SocketEvents } from './ports.ts';

/** A clock that moves when it is told to. */
export function createClock() {
  let now = 0;
  let timers: { readonly atMs: number; readonly call: () => void }[] = [];
  return {
    nowMs: () => now,
    after(ms: number, call: () => void) {
      const timer = { atMs: now + ms, call };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    waiting: () => timers.length,
    /** When the next timer is due. */
    nextMs: () => Math.min(...timers.map(({ atMs }) => atMs)),
    advance(ms: number) {
      const until = now + ms;
      for (;;) {
        const due = timers.filter(({ atMs }) => atMs <= until).sort((a, b) => a.atMs - b.atMs)[0];
        if (due === undefined) break;
        timers = timers.filter((timer) => timer !== due);
        now = Math.max(now, due.atMs);
        due.call();
      }
      now = until;
    },
  };
}

/** One connection as both sides see it. `judge` keeps the worker to the table of states in PROTOCOL.md. */
export function createLine(events: SocketEvents) {
  let shape: RunShape = exampleShape;
  const sent: ClientMessage[] = [];
  const given = new Set<string>();
  const line = {
    events,
    sent,
    frames: [] as Uint8Array[],
    isOpen: false,
    closedWith: undefined as number | undefined,
    bufferedBytes: 0,
    /** The weights that the run told last; for the test to keep. */
    version: -1,
    state: 'open' as 'open' | 'helloSent' | 'greeted' | 'finishing' | 'over',
    open() {
      line.isOpen = true;
      events.opened();
    },
    /** Delivers a message of the run. */
    tell(message: ServerMessage) {
      if (message.type === 'assign') given.add(nameOf(message));
      if (message.type === 'welcome') {
        line.state = 'greeted';
        shape = message;
      }
      if (message.type === 'drain') line.state = 'finishing';
      if (message.type === 'refuse' || message.type === 'done') line.state = 'over';
      events.message(encodeMessage(message));
    },
    cut(code = 1006) {
      line.state = 'over';
      events.closed(code);
    },
    send(frame: Uint8Array) {
      const message = parseClientMessage(frame, shape);
      const breach = breachOf(line.state, message);
      if (breach !== undefined) throw new Error(breach);
      if (!line.isOpen || line.closedWith !== undefined) throw new Error(`${message.type} on a closed line`);
      if ('level' in message && !given.has(nameOf(message)))
        throw new Error(`${message.type} of a node that was not given`);
      if (message.type === 'hello') line.state = 'helloSent';
      if (message.type === 'finish') line.state = 'finishing';
      if (message.type === 'bye') line.state = 'over';
      sent.push(message);
      line.frames.push(frame);
    },
    close(code: number) {
      line.closedWith = code;
      line.state = 'over';
    },
    /** What was sent since the last call. */
    take: () => sent.splice(0),
  };
  return line;
}

export type Line = ReturnType<typeof createLine>;

const finishingTypes = ['result', 'notFinite', 'missing', 'progress', 'bye'];

function breachOf(state: Line['state'], { type }: ClientMessage): string | undefined {
  const isAllowed =
    state === 'open'
      ? type === 'hello'
      : state === 'greeted'
        ? type !== 'hello'
        : state === 'finishing' && finishingTypes.includes(type);
  return isAllowed ? undefined : `"${type}" in the state "${state}"`;
}

export function nameOf({ step, level, index }: NodeAddress): string {
  return `${step}/${level}/${index}`;
}

/** What the fake engine makes of a node: bytes that tell node and version, and are right for no other. */
export function gradientOf(
  { step, level, index }: NodeAddress,
  version: number,
  parameters: number,
): Uint8Array {
  const body = new Uint8Array(parameters * 4);
  body.set([step & 255, level, index & 255, 1, version & 255]);
  return body;
}

interface Held {
  readonly task: ComputeTask;
  readonly settle: (outcome: Outcome) => void;
  readonly fail: (error: Error) => void;
  aborted: boolean;
}

/** An engine that computes when it is told to, and throws where the machine breaks the contract of its port. */
export function createEngine(lanes: number) {
  const engine = {
    held: [] as Held[],
    versions: [] as number[],
    sessions: 0,
    open: 0,
    lanes,
    openError: undefined as Error | undefined,
    /** Ends the task at `index` as computed, not finite, or aborted where that was asked for. */
    settle(index: number, kind: Outcome['kind'] = 'result', computeUs = 1000) {
      const [held] = engine.held.splice(index, 1);
      const { node, version } = held!.task;
      if (kind === 'aborted' && !held!.aborted) throw new Error('only what was aborted can settle so');
      if (kind === 'result') {
        const gradient = gradientOf(node, version, exampleShape.parameters);
        held!.settle({ kind, lossBits: 0x3f800000, correct: 1, computeUs, gradient });
      } else held!.settle(kind === 'aborted' ? { kind } : { kind, computeUs });
    },
  };
  const compute: Compute = {
    setThreads: () => engine.lanes,
    prepare: async () => ({ kernels: 'a'.repeat(64), answer: 'b'.repeat(64) }),
    async open() {
      if (engine.openError !== undefined) throw engine.openError;
      engine.sessions++;
      engine.open++;
      engine.held = [];
      engine.versions = [];
      return {
        setWeights(version, _weights, replaces) {
          if (replaces !== undefined) {
            if (!engine.versions.includes(replaces))
              throw new Error(`${replaces} is not here to be replaced`);
            if (engine.held.some(({ task }) => task.version === replaces))
              throw new Error(`${replaces} is in use`);
          }
          engine.versions = [...engine.versions.filter((other) => other !== replaces), version];
          if (engine.versions.length > 2) throw new Error('more than two versions');
        },
        compute(task) {
          if (!engine.versions.includes(task.version)) throw new Error(`version ${task.version} is not here`);
          if (engine.held.length >= engine.lanes) throw new Error('more nodes than lanes');
          return new Promise((settle, fail) => {
            engine.held.push({ task, settle, fail, aborted: false });
          });
        },
        abort(node) {
          const held = engine.held.find(({ task }) => nameOf(task.node) === nameOf(node));
          if (held !== undefined) held.aborted = true;
        },
        close() {
          engine.open--;
        },
      };
    },
  };
  return { engine, compute };
}
