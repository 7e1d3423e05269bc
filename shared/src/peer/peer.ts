/**
 * A worker: the machine of machine.ts bound to its ports. It parses what comes and encodes what goes, puts rows where
 * they belong, and does what the machine commands. Invariant: events reach the machine one after the other, and
 * those of a connection or session that it has given up never.
 */

import { encodeMessage } from '../protocol/codec.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { cleanText } from '../protocol/fields.ts';
import { IDENTITY_DIGITS, ROW_BYTES_MAX, THREADS_MAX, WORKER_NAME_LENGTH_MAX } from '../protocol/limits.ts';
import type { PauseReason } from '../protocol/messages.ts';
import { parseServerMessage } from '../protocol/parse-server.ts';
import { offeredSubprotocols } from '../protocol/upgrade.ts';
import type { Moment, PeerCommand, PeerEvent, PeerPlan, Timer } from './events.ts';
import { step } from './machine.ts';
import type { Chance, Clock, Compute, Connection, RowCache, Secrets, Socket } from './ports.ts';
import { openSessions } from './sessions.ts';
import type { PeerState } from './state.ts';
import { initialState, isGreeted } from './state.ts';
import type { PeerView } from './view.ts';
import { viewOf } from './view.ts';

export interface PeerPorts {
  readonly socket: Socket;
  readonly compute: Compute;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly cache: RowCache;
  readonly secrets: Secrets;
}

export interface PeerSettings {
  /** Of the run, `ws:` or `wss:`, ending in `/socket`. */
  readonly url: string;
  readonly token?: string;
  readonly agent: 'node' | 'browser';
  /** As others may see it; made fit to be shown. */
  readonly name?: string;
  /** How many threads to lend. */
  readonly threads: number;
  /** Share of the time to compute in; default 1. */
  readonly intensity?: number;
  /** Told after everything that happened. */
  readonly onView?: (view: PeerView) => void;
}

export interface Peer {
  view(): PeerView;
  /** Begins, or begins again after an end. */
  start(): void;
  /** At once; what is under way is lost. */
  stop(): void;
  /** Finishes what it holds, and stops. */
  finish(): void;
  /** Pauses for a reason; several can hold at once. */
  pause(reason: PauseReason): void;
  /** This reason holds no longer. */
  resume(reason: PauseReason): void;
  setThreads(threads: number): void;
  /** Share of the time to compute in, above 0 and at most 1. */
  setIntensity(share: number): void;
}

export function createPeer(ports: PeerPorts, settings: PeerSettings): Peer {
  const { compute, clock, chance, cache, secrets } = ports;
  const plan = planOf(settings, cache);
  const threads = fitThreads(settings.threads);
  const identity = fitIdentity(secrets.identity());
  let state: PeerState = initialState({ threads, lanes: compute.setThreads(threads), identity });
  const events: PeerEvent[] = [];
  let isTelling = false;

  /** Commands may cause events at once; these wait until the commands of the event before are done. */
  const tell = (event: PeerEvent): void => {
    events.push(event);
    if (isTelling) return;
    isTelling = true;
    try {
      for (let next = events.shift(); next !== undefined; next = events.shift()) {
        const at: Moment = {
          nowMs: clock.nowMs(),
          chance: chance.uniform(),
          bufferedBytes: line.bufferedBytes(),
        };
        const turned = step(plan, state, next, at);
        state = turned.state;
        for (const command of turned.commands) obey(command);
      }
    } finally {
      isTelling = false;
    }
    settings.onView?.(viewOf(state));
  };

  const sessions = openSessions({ compute, cache, tell });
  const waits = openWaits(clock, tell);
  const line = openLine(ports.socket, settings, {
    tell,
    read: (frame) => {
      const message = parseServerMessage(frame, isGreeted(state) ? state.run : undefined);
      return message.type === 'assign' ? sessions.accept(message) : { type: 'received', message };
    },
  });
  const obey = (command: PeerCommand): void => {
    if (command.type === 'connect') line.open();
    else if (command.type === 'send') line.send(encodeMessage(command.message));
    else if (command.type === 'close') line.close(command.code);
    else if (command.type === 'wait') waits.begin(command.timer, command.ms);
    else if (command.type === 'stopWaiting') waits.stop(command.timer);
    else if (command.type === 'keepIdentity') secrets.keepIdentity(command.identity);
    else sessions.obey(command);
  };

  if (settings.intensity !== undefined) tell({ type: 'intensity', share: settings.intensity });

  return {
    view: () => viewOf(state),
    start: () => tell({ type: 'start' }),
    stop: () => tell({ type: 'stop' }),
    finish: () => tell({ type: 'finish' }),
    pause: (reason) => tell({ type: 'pause', reason }),
    resume: (reason) => tell({ type: 'resume', reason }),
    setThreads(wanted) {
      const lent = fitThreads(wanted);
      tell({ type: 'threads', threads: lent, lanes: compute.setThreads(lent) });
    },
    setIntensity: (share) => tell({ type: 'intensity', share }),
  };
}

interface Line {
  open(): void;
  send(frame: Uint8Array<ArrayBuffer>): void;
  close(code: number): void;
  bufferedBytes(): number;
}

interface LineEvents {
  readonly tell: (event: PeerEvent) => void;
  /** @throws ProtocolError */
  readonly read: (frame: Uint8Array) => PeerEvent;
}

/** The present connection, if there is one; what earlier ones say is not told. */
function openLine(socket: Socket, { url, token }: PeerSettings, { tell, read }: LineEvents): Line {
  let connection: Connection | undefined;
  const eventOf = (frame: Uint8Array): PeerEvent => {
    try {
      return read(frame);
    } catch (error) {
      if (error instanceof ProtocolError) return { type: 'unreadable', error };
      throw error;
    }
  };
  return {
    open() {
      const tellIfCurrent = (eventNow: () => PeerEvent): void => {
        if (connection === opened) tell(eventNow());
      };
      const opened = socket.open(url, offeredSubprotocols(token), {
        opened: () => tellIfCurrent(() => ({ type: 'opened' })),
        message: (frame) => tellIfCurrent(() => eventOf(frame)),
        text: () => tellIfCurrent(() => ({ type: 'unreadable', error: new ProtocolError('TEXT_FRAME') })),
        closed: (code) =>
          tellIfCurrent(() => {
            connection = undefined;
            return { type: 'closed', code };
          }),
      });
      connection = opened;
    },
    send: (frame) => connection?.send(frame),
    close(code) {
      const closing = connection;
      connection = undefined;
      closing?.close(code);
    },
    bufferedBytes: () => connection?.bufferedBytes() ?? 0,
  };
}

/** The waits under way, at most one of each name. */
function openWaits(clock: Clock, tell: (event: PeerEvent) => void) {
  const cancels = new Map<Timer, () => void>();
  const stop = (timer: Timer): void => {
    cancels.get(timer)?.();
    cancels.delete(timer);
  };
  return {
    stop,
    begin(timer: Timer, ms: number): void {
      stop(timer);
      const elapsed = () => {
        cancels.delete(timer);
        tell({ type: 'elapsed', timer });
      };
      cancels.set(timer, clock.after(ms, elapsed));
    },
  };
}

function planOf({ agent, name }: PeerSettings, { id, bytesMax }: RowCache): PeerPlan {
  const shown = cleanText(name ?? '', WORKER_NAME_LENGTH_MAX);
  return {
    agent,
    cacheId: id,
    rowBytesMax: Math.min(Math.floor(bytesMax), ROW_BYTES_MAX),
    ...(shown !== '' && { name: shown }),
  };
}

function fitThreads(threads: number): number {
  return Math.max(1, Math.min(Math.floor(threads), THREADS_MAX));
}

/** What was kept may be anything by now. */
function fitIdentity(kept: string | undefined): string | undefined {
  return kept?.length === IDENTITY_DIGITS && /^[0-9a-f]+$/.test(kept) ? kept : undefined;
}
