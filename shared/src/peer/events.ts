/**
 * What a worker's machine is told and what it asks for. Bodies (weights, rows, gradients) only pass through it as
 * references that it never looks into.
 */

import type { ProtocolError } from '../protocol/errors.ts';
import type {
  ClientMessage,
  NodeAddress,
  PauseReason,
  ServerMessage,
  Welcome,
} from '../protocol/messages.ts';
import type { Engine, Outcome } from './ports.ts';
import type { ExtraRows, Lacking } from './rows.ts';

/** Waits that can be under way, one of each. */
export const timers = ['connect', 'reconnect', 'silence', 'weights', 'rest', 'send'] as const;
export type Timer = (typeof timers)[number];

/** When an event happens; the machine has no clock and draws no number. */
export interface Moment {
  readonly nowMs: number;
  /** Uniform in [0, 1), another one for each event. */
  readonly chance: number;
  /** Bytes that wait in the socket. */
  readonly bufferedBytes: number;
}

/** What is fixed for the life of a worker. */
export interface PeerPlan {
  readonly agent: 'node' | 'browser';
  /** As others may see it. */
  readonly name?: string;
  readonly cacheId: string;
  readonly rowBytesMax: number;
}

export type PeerEvent =
  // From the person, or who acts for one.
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'finish' }
  | { readonly type: 'pause'; readonly reason: PauseReason }
  | { readonly type: 'resume'; readonly reason: PauseReason }
  | { readonly type: 'threads'; readonly threads: number; readonly lanes: number }
  | { readonly type: 'intensity'; readonly share: number }
  // From the engine.
  | { readonly type: 'prepared'; readonly engine: Engine }
  | { readonly type: 'settled'; readonly node: NodeAddress; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly sentence: string }
  // From the connection.
  | { readonly type: 'opened' }
  | { readonly type: 'received'; readonly message: Exclude<ServerMessage, { type: 'assign' }> }
  | {
      readonly type: 'received';
      readonly message: Extract<ServerMessage, { type: 'assign' }>;
      /** Samples of the node. */
      readonly samples: number;
      /** Rows that came along and are not kept. */
      readonly extra?: ExtraRows;
      readonly lacking?: Lacking;
    }
  | { readonly type: 'unreadable'; readonly error: ProtocolError }
  | { readonly type: 'closed'; readonly code: number }
  // From the clock.
  | { readonly type: 'elapsed'; readonly timer: Timer };

export type PeerCommand =
  | { readonly type: 'prepare' }
  | { readonly type: 'connect' }
  | { readonly type: 'send'; readonly message: ClientMessage }
  /** The connection is over; whatever it still says is of no interest. */
  | { readonly type: 'close'; readonly code: number }
  | { readonly type: 'keepIdentity'; readonly identity: string | undefined }
  /** A session for this run takes the place of the one before, whose tasks are forgotten. */
  | { readonly type: 'openRun'; readonly run: Welcome }
  | { readonly type: 'closeRun' }
  | {
      readonly type: 'setWeights';
      readonly version: number;
      readonly body: Uint8Array;
      readonly replaces: number | undefined;
    }
  | {
      readonly type: 'compute';
      readonly node: NodeAddress;
      readonly version: number;
      readonly extra: ExtraRows | undefined;
    }
  | { readonly type: 'abort'; readonly node: NodeAddress }
  /** Takes the place of an earlier wait of this name. */
  | { readonly type: 'wait'; readonly timer: Timer; readonly ms: number }
  | { readonly type: 'stopWaiting'; readonly timer: Timer };
