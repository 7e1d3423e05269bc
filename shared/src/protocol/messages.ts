/**
 * The messages, as they stand in headers: every key of an interface but `body` is a key of the header, and `body`
 * is what follows it. PROTOCOL.md says in which order they come. Whoever holds one of these got it from a parser
 * and checks nothing again.
 */

import type { ByteScale } from '../data/dataset.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { Node } from '../reduce/tree.ts';

/** A node of the tree of a step, counted from 0. */
export interface NodeAddress extends Node {
  readonly step: number;
}

export type FeatureShape =
  | { readonly kind: 'u8'; readonly width: number; readonly scale: ByteScale }
  | { readonly kind: 'f32'; readonly width: number };

export type TargetShape =
  | { readonly kind: 'classes'; readonly classes: number }
  | { readonly kind: 'values'; readonly width: number };

/** What decides which samples a node has and how long bodies are. */
export interface RunShape {
  readonly samples: number;
  readonly batchSize: number;
  readonly shardSize: number;
  readonly epochs: number;
  /** Floats of the weights and of a gradient sum. */
  readonly parameters: number;
  readonly features: FeatureShape;
  readonly targets: TargetShape;
  /** Whether each row has a weight. */
  readonly weighted: boolean;
}

// From a worker.

export interface Hello {
  readonly type: 'hello';
  readonly protocol: number;
  /** SHA-256 of `kernels.wasm`, in hex. */
  readonly kernels: string;
  /** What the engine made of the known-answer test, in hex. */
  readonly answer: string;
  readonly agent: 'node' | 'browser';
  readonly threads: number;
  /** Names the rows that the worker keeps; random, made together with the cache. */
  readonly cacheId: string;
  /** Room of that cache in bytes, as `rowBytes` counts them. It keeps the first rows that fit. */
  readonly rowBytesMax: number;
  /** The secret of an earlier welcome, to be the same worker again. */
  readonly identity?: string;
  /** As other people may see it. */
  readonly name?: string;
}

export interface Result extends NodeAddress {
  readonly type: 'result';
  /** The bits of the loss sum, a finite float32: they are compared and hashed, and no sign of a zero is lost. */
  readonly lossBits: number;
  readonly correct: number;
  /** Time spent on it as the worker says, in microseconds. It decides nothing. */
  readonly computeUs: number;
  /** The gradient sum: float32 [parameters]. */
  readonly body: Uint8Array;
}

/** The loss sum or the gradient sum of the node is not finite. */
export interface NotFinite extends NodeAddress {
  readonly type: 'notFinite';
}

/** The worker lacks rows of a node and cannot compute it; an answer, not an offence. */
export interface Missing extends NodeAddress {
  readonly type: 'missing';
  readonly rows: number;
  /** A mask over the node's samples with `rows` bits set. */
  readonly body: Uint8Array;
}

/** How far a long node is. */
export interface Progress extends NodeAddress {
  readonly type: 'progress';
  readonly samples: number;
}

export const pauseReasons = ['user', 'hidden', 'battery', 'saver'] as const;
export type PauseReason = (typeof pauseReasons)[number];

/** The worker gives its nodes back and takes none until it resumes. */
export interface Pause {
  readonly type: 'pause';
  readonly reason: PauseReason;
}

/** The worker takes nodes again; also says that its number of threads has changed. */
export interface Resume {
  readonly type: 'resume';
  readonly threads: number;
}

/** The worker wants no more nodes; it finishes what it holds and says goodbye. */
export interface Finish {
  readonly type: 'finish';
}

export const byeReasons = ['user', 'finished', 'failed'] as const;
export type ByeReason = (typeof byeReasons)[number];

export interface Bye {
  readonly type: 'bye';
  readonly reason: ByeReason;
}

export type ClientMessage = Hello | Result | NotFinite | Missing | Progress | Pause | Resume | Finish | Bye;

// From the run.

export interface Welcome extends RunShape {
  readonly type: 'welcome';
  /** The run's name and, for whoever lends a machine, what it is for. */
  readonly run: string;
  readonly description: string;
  readonly model: ModelSpec;
  readonly seed: number;
  /** SHA-256 of the data set: rows of another one are thrown away. */
  readonly dataset: string;
  /** The worker's public number. */
  readonly worker: number;
  /** Its secret; whoever shows it is this worker. */
  readonly identity: string;
  /** A status comes at least this often, so that silence means a dead connection. */
  readonly statusMs: number;
}

/** The connection is over. */
export interface Refuse {
  readonly type: 'refuse';
  /** Number and name of the table in errors.ts; newer runs may send ones that are not there. */
  readonly code: number;
  readonly name: string;
  readonly sentence: string;
  /** Not before so long should the worker come back. */
  readonly retryMs?: number;
}

/** One message was not accepted; the connection goes on. */
export interface Reject {
  readonly type: 'reject';
  readonly code: number;
  readonly name: string;
  readonly sentence: string;
}

export interface Weights {
  readonly type: 'weights';
  /** Steps that were taken to reach them. */
  readonly version: number;
  /** SHA-256 of the body, in hex, where the run had reason to compute it. */
  readonly digest?: string;
  /** float32 [parameters]. */
  readonly body: Uint8Array;
}

export interface Assign extends NodeAddress {
  readonly type: 'assign';
  /** The weights to use, sent before on this connection. */
  readonly version: number;
  /** How long the run will wait before it looks for somebody else; a hint. A late answer is still welcome. */
  readonly leaseMs: number;
  /** Rows that come along. */
  readonly rows: number;
  /** Empty without rows, else as `layoutRows` says. */
  readonly body: Uint8Array;
}

/** The node is no longer needed. */
export interface Cancel extends NodeAddress {
  readonly type: 'cancel';
}

/** The state of the run, the same for everybody. */
export interface Status {
  readonly type: 'status';
  readonly epoch: number;
  /** Steps taken. */
  readonly step: number;
  /** Mean loss and share of correct answers of the last step; absent before the first, or without classes. */
  readonly loss?: number;
  readonly accuracy?: number;
  /** The fleet: tabs, other machines, threads of the coordinator. */
  readonly browsers: number;
  readonly machines: number;
  readonly localThreads: number;
  readonly samplesPerSecond: number;
}

/**
 * Why a worker has nothing to do: the others are done before it could be; all nodes of the step are given out; the
 * run evaluates, writes or waits; the worker paused; or it is to finish.
 */
export const waitingReasons = ['notUseful', 'noNode', 'runWaits', 'paused', 'draining'] as const;
export type WaitingReason = (typeof waitingReasons)[number];

/** What became of this worker's work. */
export interface Standing {
  readonly type: 'standing';
  /** Nodes and samples of it that were accepted. */
  readonly nodes: number;
  readonly samples: number;
  readonly waiting?: WaitingReason;
}

/** The worker finishes what it holds, gets nothing new, and closes. */
export interface Drain {
  readonly type: 'drain';
  /** When to come back; without it, not by itself. */
  readonly retryMs?: number;
}

export const doneReasons = ['finished', 'stopped', 'failed'] as const;
export type DoneReason = (typeof doneReasons)[number];

/** The run is over, or stops and may go on later. */
export interface Done {
  readonly type: 'done';
  readonly reason: DoneReason;
  readonly version: number;
  /** SHA-256 of the weights, in hex. */
  readonly digest?: string;
}

export type ServerMessage =
  | Welcome
  | Refuse
  | Reject
  | Weights
  | Assign
  | Cancel
  | Status
  | Standing
  | Drain
  | Done;

export type Message = ClientMessage | ServerMessage;
