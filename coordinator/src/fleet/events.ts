/**
 * What the fleet is told, what it asks for, and the settings of a run. Workers are numbers, gradient sums are
 * handles: numbers that the shell gives to buffers and slots. Times are of one monotonic clock, in milliseconds.
 *
 * The shell owns bytes. Where this page says *equal* it means the bytes of the gradient sum, the bits of the loss sum
 * and the number of correct answers: a lie about the loss is a lie.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';

/** Trusted are those who hold the token; their nodes are not audited. */
export type Trust = 'trusted' | 'volunteer';

export interface FleetOptions {
  /** Lease to a remote worker only where it brings the end nearer, or give every one a node. */
  readonly share: 'useful' | 'always';
  /** Threads that take part in every step. With 0 one trusted thread still computes what only it may. */
  readonly localThreads: number;
  /** Gradient sums that one step may consist of; smaller nodes than that makes are never given out. */
  readonly nodesMax: number;
  /** A remote worker is given no node of more shards, unless the smallest that there are have more. Absent: no limit. */
  readonly nodeShardsMax?: number;
  /** Handles that a round may hold beside those that its step consists of: duplicates that wait to be compared. */
  readonly sparesMax: number;
  /** So many first results of a volunteer are audited in any case, */
  readonly newcomerAudits: number;
  /** and later ones with this probability. */
  readonly auditRate: number;
  /** Workers whose history is kept after they have left. A ban is kept for ever. */
  readonly rememberedMax: number;
}

export type FleetEvent =
  /** A step begins: `samples` of a mini-batch under weights of version `step`. */
  | {
      readonly type: 'begin';
      readonly step: number;
      readonly samples: number;
      readonly shardSize: number;
      readonly nowMs: number;
    }
  | { readonly type: 'tick'; readonly nowMs: number }
  /** A connection was welcomed. The same number is the same worker, whatever became of earlier connections. */
  | { readonly type: 'joined'; readonly worker: number; readonly trust: Trust; readonly nowMs: number }
  /** Its connection is over, or it said goodbye. */
  | { readonly type: 'left'; readonly worker: number; readonly nowMs: number }
  | { readonly type: 'paused'; readonly worker: number; readonly nowMs: number }
  | { readonly type: 'resumed'; readonly worker: number; readonly nowMs: number }
  /** It finishes what it holds and takes nothing more. */
  | { readonly type: 'draining'; readonly worker: number; readonly nowMs: number }
  | (Answer & {
      readonly type: 'result';
      readonly handle: number;
      /** What the worker says it took. */
      readonly computeMs: number;
      /** From 0 up to 1, drawn after the result arrived, from a secret generator. */
      readonly draw: number;
    })
  /** The worker says, or the shell saw, that its sum is not finite. */
  | (Answer & { readonly type: 'notFinite' })
  /** It lacks rows; the shell has noted which, and they come with the next `assign`. */
  | (Answer & { readonly type: 'missing' })
  /** The answer to `computeLocal`, for all of its nodes; no handle where a sum is not finite. */
  | {
      readonly type: 'localDone';
      readonly step: number;
      readonly results: readonly { readonly node: Node; readonly handle: number | undefined }[];
      readonly nowMs: number;
    }
  /** The answer to `compare` or `audit`. */
  | { readonly type: 'checked'; readonly check: number; readonly equal: boolean; readonly nowMs: number }
  /** The step under way is given up. */
  | { readonly type: 'abandon'; readonly nowMs: number };

interface Answer {
  readonly worker: number;
  readonly step: number;
  readonly node: Node;
  readonly nowMs: number;
}

/** A gradient sum and the node that it is of. */
export interface Part {
  readonly node: Node;
  readonly handle: number;
}

export type RejectCode = 'NEVER_LEASED' | 'STALE' | 'FUTURE' | 'BANNED';

export type FleetCommand =
  /** Send these weights before the next `assign`. */
  | { readonly type: 'sendWeights'; readonly worker: number; readonly version: number }
  | {
      readonly type: 'assign';
      readonly worker: number;
      readonly step: number;
      readonly node: Node;
      readonly leaseMs: number;
    }
  /** Nobody needs the node any more. */
  | { readonly type: 'cancel'; readonly worker: number; readonly step: number; readonly node: Node }
  /** The threads of this machine compute these; one such command at a time. */
  | { readonly type: 'computeLocal'; readonly step: number; readonly nodes: readonly Node[] }
  /** The sum is part of the step, as far as anybody knows. For slots, the standing of a worker, the ledger. */
  | {
      readonly type: 'accept';
      readonly step: number;
      readonly node: Node;
      readonly handle: number;
      /** Undefined for the local threads. */
      readonly worker: number | undefined;
    }
  | {
      readonly type: 'reject';
      readonly worker: number;
      readonly code: RejectCode;
      readonly step: number;
      readonly node: Node;
    }
  /** Add the parts of each side along the tree and compare the two sums of `node`. */
  | {
      readonly type: 'compare';
      readonly check: number;
      readonly step: number;
      readonly node: Node;
      readonly left: readonly Part[];
      readonly right: readonly Part[];
    }
  /** Compute the node on a trusted thread and compare; without a handle, equal means that it is not finite. */
  | {
      readonly type: 'audit';
      readonly check: number;
      readonly step: number;
      readonly node: Node;
      readonly handle: number | undefined;
    }
  /** Nobody uses the handle any more. */
  | { readonly type: 'release'; readonly handle: number }
  /** The worker lied about this node, or did long ago: refuse it, now and for ever. */
  | {
      readonly type: 'ban';
      readonly worker: number;
      readonly proof: { step: number; node: Node } | undefined;
    }
  /** There is work and nobody to give it to: the shell waits for the next event. */
  | { readonly type: 'wait'; readonly step: number }
  /** The step consists of these, from left to right. The shell owns their handles from now on. */
  | { readonly type: 'close'; readonly step: number; readonly cover: readonly Part[] }
  /** The run ends: a sum is not finite any more. */
  | { readonly type: 'diverged'; readonly step: number };
