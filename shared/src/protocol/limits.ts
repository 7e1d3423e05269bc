/**
 * Every limit of the protocol, as a constant or as a function of the run's shape. What is above a limit is refused
 * before memory is spent on it.
 */

import { shardCount } from '../reduce/tree.ts';
import type { RunShape } from './messages.ts';

export const PROTOCOL_VERSION = 1;

/** Before the header: its length, a little-endian u32. */
export const LENGTH_BYTES = 4;
/** The body begins at a multiple of this many bytes, and so does each part of it. */
export const ALIGNMENT_BYTES = 8;

/** Largest frame of any kind. What knows no shape yet, such as the `maxPayload` of a client, uses it. */
export const FRAME_BYTES_MAX = 2 ** 30;
/** Weights of at most 512 MiB; the largest model that can be lent out. */
export const PARAMETERS_MAX = 2 ** 27;

/** What a header may cost, by the direction in which it travels. */
export interface HeaderLimits {
  readonly headerBytesMax: number;
  /** Maps and lists inside each other, the header itself included. */
  readonly depthMax: number;
  /** Keys and values, maps and lists included. */
  readonly valuesMax: number;
}
export const CLIENT_HEADER: HeaderLimits = { headerBytesMax: 1024, depthMax: 1, valuesMax: 48 };
export const SERVER_HEADER: HeaderLimits = { headerBytesMax: 65_536, depthMax: 4, valuesMax: 8192 };

/** A hello has no body. */
export const HELLO_BYTES_MAX = align(LENGTH_BYTES + CLIENT_HEADER.headerBytesMax);

/** Lengths of texts, in UTF-16 units. */
export const WORKER_NAME_LENGTH_MAX = 40;
export const RUN_NAME_LENGTH_MAX = 100;
export const DESCRIPTION_LENGTH_MAX = 1000;
export const SENTENCE_LENGTH_MAX = 300;
export const CODE_NAME_LENGTH_MAX = 40;
export const TOKEN_LENGTH_MAX = 128;

/** Hexadecimal digits of a SHA-256 and of the secret that proves an identity. */
export const HASH_DIGITS = 64;
export const IDENTITY_DIGITS = 64;
export const CACHE_ID_DIGITS = 32;

export const THREADS_MAX = 1024;
export const WORKERS_MAX = 1_000_000;
export const LAYERS_MAX = 512;
/** Width of samples, targets and layers. */
export const WIDTH_MAX = 2 ** 24;
export const SAMPLES_MAX = 2 ** 32 - 1;
export const ROW_BYTES_MAX = 2 ** 40;
export const STEPS_MAX = 2 ** 48;
/** Levels of a tree over fewer than 2^30 shards. */
export const LEVEL_MAX = 30;
/** A day. */
export const DURATION_MS_MAX = 86_400_000;
export const DURATION_US_MAX = DURATION_MS_MAX * 1000;

/** Nodes that a worker may hold at a time. */
export const LEASES_MAX = 64;
/** Messages with an error that does not end the connection, after which it is ended. */
export const ERRORS_MAX = 8;
/** From the upgrade to a complete hello. */
export const HELLO_DEADLINE_MS = 10_000;
/** Periods of `statusMs` without any message after which a worker takes the connection for dead. */
export const SILENT_PERIODS = 5;

/** Rows that travel with one assignment, unless a single shard has more. */
const ASSIGN_BYTES = 8_388_608;

export function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

export function gradientBytes(shape: Pick<RunShape, 'parameters'>): number {
  return shape.parameters * 4;
}

/** Bytes of the features of one row; `rowBytes` is what a cache pays for it. */
export function featureBytes({ features }: Pick<RunShape, 'features'>): number {
  return features.width * (features.kind === 'u8' ? 1 : 4);
}

export function targetBytes({ targets }: Pick<RunShape, 'targets'>): number {
  return targets.kind === 'classes' ? 4 : targets.width * 4;
}

/** What one row costs in a cache, by which `rowBytesMax` of a hello is divided. */
export function rowBytes(shape: Pick<RunShape, 'features' | 'targets' | 'weighted'>): number {
  return featureBytes(shape) + targetBytes(shape) + (shape.weighted ? 4 : 0);
}

/** One bit for each sample of a node. */
export function maskBytes(samples: number): number {
  return align(Math.ceil(samples / 8));
}

/** Samples of the largest node. A configuration may ask for mini-batches larger than the data set. */
export function nodeSamplesMax({ batchSize, samples }: Pick<RunShape, 'batchSize' | 'samples'>): number {
  return Math.min(batchSize, samples);
}

/** Largest body of an assignment: a mask and 8 MiB, or one shard with all rows. A coordinator keeps to it. */
export function assignBytesMax(shape: RunShape): number {
  const shard = Math.min(shape.shardSize, nodeSamplesMax(shape));
  const rows = shard * rowBytes(shape) + 3 * ALIGNMENT_BYTES;
  return Math.max(maskBytes(nodeSamplesMax(shape)) + ASSIGN_BYTES, maskBytes(shard) + rows);
}

/** Largest frame that a worker sends: the `maxPayload` of a server. */
export function clientFrameBytesMax(shape: RunShape): number {
  return HELLO_BYTES_MAX + Math.max(gradientBytes(shape), maskBytes(nodeSamplesMax(shape)));
}

/** Largest frame that a run sends. */
export function serverFrameBytesMax(shape: RunShape): number {
  const header = align(LENGTH_BYTES + SERVER_HEADER.headerBytesMax);
  return header + Math.max(gradientBytes(shape), assignBytesMax(shape));
}

/** What may wait in a socket before its reader counts as too slow. */
export function bufferedBytesMax(shape: RunShape): number {
  return 2 * serverFrameBytesMax(shape);
}

/** Why a run of this shape cannot be lent out, or undefined. */
export function whyNotLendable(shape: RunShape): string | undefined {
  if (shape.parameters > PARAMETERS_MAX) return `its model has more than ${PARAMETERS_MAX} parameters`;
  if (serverFrameBytesMax(shape) > FRAME_BYTES_MAX)
    return `the rows of one shard take more than ${FRAME_BYTES_MAX} bytes`;
  if (shardCount(nodeSamplesMax(shape), shape.shardSize) >= 1 << LEVEL_MAX)
    return 'a step has 2^30 shards or more';
  return undefined;
}
