/**
 * What a worker needs of the world, as ports: a socket, something that computes, a clock, chance, a cache of rows and
 * a place for its secret. Node and browsers bring adapters for them; everything else of a worker's life is the same.
 *
 * No port throws where its text does not say so, and none calls back before the call that asked for it has returned.
 */

import type { ModelSpec } from '../model/spec.ts';
import type { NodeAddress, RunShape } from '../protocol/messages.ts';

/** What happens to one connection. After `closed` nothing comes any more. */
export interface SocketEvents {
  opened(): void;
  /** A binary frame. Nobody changes the bytes afterwards. */
  message(frame: Uint8Array): void;
  /** A text frame, which is an offence. */
  text(): void;
  /**
   * The close code, 1006 where there was none. An adapter that sees the answer to an upgrade says 4303 (`BAD_TOKEN`)
   * for HTTP 401 and 4304 (`BAD_ORIGIN`) for 403; a browser does not see it.
   */
  closed(code: number): void;
}

export interface Connection {
  /** Takes the frame over; only between `opened` and `close`. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** 1000, or 4000 and above. Says `closed` at some time, or never. Also before `opened`. */
  close(code: number): void;
  /** Bytes that were sent and wait in this process. */
  bufferedBytes(): number;
}

export interface Socket {
  /** A url of `ws:` or `wss:`. What is wrong with it is told by `closed`. */
  open(url: string, subprotocols: readonly string[], events: SocketEvents): Connection;
}

/** How this machine answers the question whether its bits are the right ones. */
export interface Engine {
  /** SHA-256 of `kernels.wasm`, in hex. */
  readonly kernels: string;
  /** What `knownAnswer` gave, in hex; of several threads one that is wrong, if there is one. */
  readonly answer: string;
}

/** What a worker computes for, as told by a welcome. */
export interface ComputeRun extends RunShape {
  readonly model: ModelSpec;
  readonly seed: number;
}

/** The rows of a node in the order of its samples, each part in a buffer of its own that may be transferred. */
export interface NodeRows {
  /** u8 or float32 [samples][width]. */
  readonly features: Uint8Array<ArrayBuffer>;
  /** u32 [samples], or float32 [samples][width]. */
  readonly targets: Uint8Array<ArrayBuffer>;
  /** float32 [samples]; empty where rows have no weights. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

export interface ComputeTask {
  readonly node: NodeAddress;
  /** Weights to use, one of the two that the session was given last. */
  readonly version: number;
  /** The node's samples as positions in the mini-batch. */
  readonly begin: number;
  readonly end: number;
  readonly rows: NodeRows;
}

export type Outcome =
  | {
      readonly kind: 'result';
      /** Bits of the loss sum. */
      readonly lossBits: number;
      readonly correct: number;
      readonly computeUs: number;
      /** The gradient sum, float32 [parameters]. */
      readonly gradient: Uint8Array;
    }
  /** The loss or a value of the gradient is infinite or not a number. */
  | { readonly kind: 'notFinite'; readonly computeUs: number }
  /** It was not computed because of `abort`. */
  | { readonly kind: 'aborted' };

/** The run that is computed for. It keeps two versions of the weights. */
export interface ComputeSession {
  /**
   * New weights, float32 [parameters]. They take the place of version `replaces`, or a free one of the two where that
   * is absent. No task with the replaced version is under way.
   */
  setWeights(version: number, weights: Uint8Array, replaces: number | undefined): void;
  /** At most `lanes` at a time. Rejects where a thread died or something else cannot be helped. */
  compute(task: ComputeTask): Promise<Outcome>;
  /** A task that is under way need not be finished; it still resolves, with a result or with `aborted`. */
  abort(node: NodeAddress): void;
  /** Ends it with all that it has; tasks under way need not resolve. */
  close(): void;
}

export interface Compute {
  /** Threads to use from now on, and how many tasks at a time keep them busy. Also called before `prepare`. */
  setThreads(threads: number): number;
  /** Loads what is needed and takes the known-answer test. Rejects with an error whose message may be shown. */
  prepare(): Promise<Engine>;
  /** Rejects with an error whose message may be shown where the run needs more memory than there is. */
  open(run: ComputeRun): Promise<ComputeSession>;
}

export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  nowMs(): number;
  /** Calls back once, after `ms` milliseconds and not before this call has returned, unless the answer is called. */
  after(ms: number, call: () => void): () => void;
}

export interface Chance {
  /** Uniform in [0, 1). Only spreads attempts to connect. */
  uniform(): number;
}

/** One row of the training set, as `layoutRows` has its parts; views that are copied. */
export interface Row {
  readonly features: Uint8Array;
  readonly targets: Uint8Array;
  /** Empty where rows have no weights. */
  readonly weight: Uint8Array;
}

/**
 * Rows of the training set that are kept: those that came first, until it is full. It forgets nothing as long as the
 * run is the same, but a new one begins empty, for example behind a reload, and has a new `id`.
 */
export interface RowCache {
  /** 32 random hexadecimal digits, made together with the cache. */
  readonly id: string;
  readonly bytesMax: number;
  /** Begins to keep rows of this training set, and throws away those of another one. */
  open(shape: RunShape, dataset: string): void;
  has(sample: number): boolean;
  /** False where the row is not kept since there is no more room. */
  put(sample: number, row: Row): boolean;
  /** Copies a row that is here behind `at` others of a node. */
  copy(sample: number, rows: NodeRows, at: number): void;
}

/** Where the secret that proves an identity outlives a reload, such as the session storage of one tab. */
export interface Secrets {
  /** 64 hexadecimal digits; what is no such text counts as none. */
  identity(): string | undefined;
  keepIdentity(identity: string | undefined): void;
}
