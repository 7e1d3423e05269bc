/** How a run is lent out, as the command line and the library say it, and what follows from it and the run's shape. */

import {
  assignBytesMax,
  gradientBytes,
  maskBytes,
  nodeSamplesMax,
  rowBytes,
} from '@hivegrad/shared/protocol/limits';
import type { RunShape } from '@hivegrad/shared/protocol/messages';
import { shardCount } from '@hivegrad/shared/reduce/tree';
import type { FleetOptions } from '../fleet/events.ts';

export interface LendSettings {
  /** Of this machine; all of its addresses where it is left out. */
  readonly host?: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Paths of PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Origins of other pages that may lend, besides the run's own. */
  readonly origins?: readonly string[];
  /** Whoever has it is let in, and trusted. Without one everybody is let in, and audited. */
  readonly token?: string;
  readonly maxWorkers?: number;
  /** Lease to a remote worker only where that brings the end of a step nearer, or give everyone a node. */
  readonly share?: 'useful' | 'always';
  /** Probability with which a stranger's node is computed again, in [0, 1]. */
  readonly audit?: number;
  /** Whether to believe the headers of a reverse proxy. */
  readonly trustProxy?: boolean;
}

export const PORT_MAX = 65_535;
export const WORKERS_MAX = 100_000;

export const lendDefaults = {
  // Whoever asks to listen wants others to come.
  host: '0.0.0.0',
  origins: [],
  maxWorkers: 1000,
  share: 'useful',
  audit: 0.05,
  trustProxy: false,
} as const satisfies Partial<LendSettings>;

/** A newcomer's first results that are always computed again. */
const NEWCOMER_AUDITS = 5;
/** Answers beyond those that a step needs, which wait to be compared. */
const SPARES_MAX = 8;
/** Gradient sums of a step: as many as there are shards, but within these, and within so many bytes. */
const NODES_MIN = 16;
const NODES_MAX = 256;
const NODES_BYTES = 268_435_456;

/** Workers whose speed, first audits and secret are remembered after they have left. */
export const REMEMBERED_MAX = 10_000;
/** What may be spent to remember which rows they have: a bit for each row of each cache. */
const CACHES_BYTES = 268_435_456;

/** `localThreads` of them take part in steps; with 0 one thread still computes what only trusted ones may. */
export function fleetOptions(
  shape: RunShape,
  { share = lendDefaults.share, audit = lendDefaults.audit }: LendSettings,
  localThreads: number,
): FleetOptions {
  return {
    share,
    localThreads,
    nodesMax: nodesMax(shape),
    nodeShardsMax: nodeShardsMax(shape),
    sparesMax: SPARES_MAX,
    newcomerAudits: NEWCOMER_AUDITS,
    auditRate: audit,
    rememberedMax: REMEMBERED_MAX,
  };
}

/** Caches of rows that are remembered, also of workers who left. */
export function cachesMax({ samples }: Pick<RunShape, 'samples'>): number {
  return Math.max(1, Math.min(REMEMBERED_MAX, Math.floor(CACHES_BYTES / Math.ceil(samples / 8))));
}

/** Enough that the rows of a node as small as this makes them can travel at once. */
function nodesMax(shape: RunShape): number {
  const shards = shardCount(nodeSamplesMax(shape), shape.shardSize);
  const affordable = Math.floor(NODES_BYTES / gradientBytes(shape));
  const wanted = Math.max(NODES_MIN, Math.min(NODES_MAX, affordable));
  return Math.min(shards, Math.max(wanted, 2 * Math.ceil(shards / nodeShardsMax(shape))));
}

/** Shards whose rows together may travel with one assignment. */
export function nodeShardsMax(shape: RunShape): number {
  const room = assignBytesMax(shape) - maskBytes(nodeSamplesMax(shape));
  const shard = Math.min(shape.shardSize, nodeSamplesMax(shape)) * (rowBytes(shape) + 3);
  return Math.max(1, Math.floor(room / shard));
}
