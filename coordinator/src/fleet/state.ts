/**
 * The state of the fleet: who is there, and how far the step under way is. It is plain data that belongs to
 * `fleetStep` (fleet.ts), which changes it in place: the same state and event always give the same commands and next
 * state. Others only read it.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import type { FleetCommand, FleetOptions, Trust } from './events.ts';
import type { Speed } from './speed.ts';
import type { Tree } from './tree.ts';

/** The local threads, where a worker's number stands. */
export const LOCAL = -1;

export type Presence = 'present' | 'paused' | 'draining' | 'gone' | 'banned';

export interface Worker {
  readonly id: number;
  trust: Trust;
  presence: Presence;
  /** The weights that its connection has, or -1. */
  version: number;
  readonly speed: Speed;
  /** Audits that were drawn; counts as long as the identity is known, so that nobody is new twice. */
  audits: number;
  /** What was accepted of it. */
  nodes: number;
  samples: number;
  /** Its unexpired leases in the round under way, in the order in which it answers. */
  leases: Grant[];
  /** Nodes of the round under way that it owes, expired leases included. */
  unanswered: number;
  /** Leases that expired since its last answer. */
  silent: number;
  /** When it is tried again, if nothing is known of it, or it is silent or not useful. */
  retryAtMs: number;
  lastAnswerMs: number;
  /** The last step in which it was given something, or -1. */
  givenStep: number;
  /** A trial whose step may be over, or what it was late with: its answer still tells how fast it is. */
  owed: Grant | undefined;
  /** When it was last looked at, it would have come too late to be of use. */
  notUseful: boolean;
}

/** A node that was given to a worker. It outlives its lease: an answer is welcome as long as the step lasts. */
export interface Grant {
  readonly step: number;
  readonly node: Node;
  readonly key: number;
  readonly worker: number;
  readonly shards: number;
  readonly sinceMs: number;
  /** Whether the worker held nothing when it was given. */
  readonly first: boolean;
  /** Whether nobody else is given its units meanwhile; a trial leaves them free. */
  readonly claims: boolean;
  deadlineMs: number;
  leased: boolean;
  /** Neither answered nor cancelled. */
  owed: boolean;
  /** Times that the worker lacked rows for it. */
  missing: number;
}

/** A gradient sum that the round holds a handle of. */
export interface Sum {
  readonly key: number;
  readonly worker: number;
  readonly handle: number;
  /** Checks that read it. */
  checks: number;
  /** Nobody but those checks needs it. */
  dropped: boolean;
}

export interface Check {
  readonly id: number;
  readonly kind: 'audit' | 'compare' | 'notFinite';
  readonly key: number;
  /** Of an audit, whose sum it is; of `notFinite`, who says so. */
  readonly worker: number;
  readonly sums: readonly Sum[];
}

export interface Round {
  readonly step: number;
  readonly samples: number;
  readonly shardSize: number;
  readonly tree: Tree;
  /** For each unit: whether it is in the cover; who works on it; how high a node it may be given out in. */
  readonly done: Uint8Array;
  readonly claims: Uint16Array;
  readonly heightMax: Uint8Array;
  /** Only trusted threads may compute it: it may be what others died of. */
  readonly suspect: Uint8Array;
  /** Workers that were lost over each unit, where there are any. */
  readonly losses: Map<number, number[]>;
  doneUnits: number;
  /** Units that are neither done nor claimed. */
  freeUnits: number;
  readonly grants: Map<number, Grant[]>;
  /** Sums that the step consists of, disjoint. */
  readonly cover: Map<number, Sum>;
  /** Sums under a node of the cover, kept to be compared once they make up that node. */
  readonly spares: Map<number, Sum>;
  readonly checks: Map<number, Check>;
  /** The keys that the local threads compute, and since when. */
  local: { readonly keys: readonly number[]; readonly sinceMs: number } | undefined;
  /** Handles that the round has not released. */
  handles: number;
  /** `wait` was said, and nothing given to anybody since. */
  waiting: boolean;
}

export interface Fleet {
  readonly options: FleetOptions;
  /** Who is there, and who left the round under way after it was given something. */
  readonly workers: Map<number, Worker>;
  /** Histories of the others who left, the oldest first; however many they are, no event takes longer for them. */
  readonly gone: Map<number, Worker>;
  /** Never forgotten, unlike workers. */
  readonly banned: Set<number>;
  /** How long the local threads together take for a shard. */
  readonly local: { readonly perShard: number[]; perShardMs: number | undefined };
  round: Round | undefined;
  /** When somebody was last tried. */
  triedAtMs: number;
  /** The last step that was begun. */
  step: number;
  nextCheck: number;
}

/** What one event is handled with. */
export interface Context {
  readonly fleet: Fleet;
  readonly round: Round;
  readonly commands: FleetCommand[];
  readonly nowMs: number;
}

export function createFleet(options: FleetOptions): Fleet {
  return {
    options,
    workers: new Map(),
    gone: new Map(),
    banned: new Set(),
    local: { perShard: [], perShardMs: undefined },
    round: undefined,
    triedAtMs: Number.NEGATIVE_INFINITY,
    step: -1,
    nextCheck: 0,
  };
}
