/**
 * The identity of a configuration: what a checkpoint is bound to. In: a ResolvedConfig; out: SHA-256 in hex.
 *
 * Part of it is what decides the bits of the result: model, optimizer, batchSize, shardSize, epochs, seed, the
 * validation part and early stopping, and how files become samples. Not part of it is what may change between two halves of one run: the name, the spacing of
 * checkpoints and metrics, and the paths of the data, which may be moved. What the files hold is bound by the
 * data set's own digest.
 */

import { createHash } from 'node:crypto';
import { withoutPaths } from './data-settings.ts';
import type { ResolvedConfig } from './resolve.ts';

/** Changes when the same configuration starts to mean other bits. */
const DIGEST_VERSION = 1;

/** SHA-256, in hex, over the canonical JSON of what decides the result. */
export function configDigest(config: ResolvedConfig): string {
  const text = canonicalJson({ version: DIGEST_VERSION, ...decisiveSettings(config) });
  return createHash('sha256').update(text).digest('hex');
}

/** JSON without spaces and with the keys of every object in code-unit order. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/** The part of a configuration that the digest covers; where two digests differ, so do these. */
export function decisiveSettings(config: ResolvedConfig) {
  const { model, optimizer, batchSize, shardSize, epochs, seed, validationFraction, earlyStopping } = config;
  const { schedule, clipping, classWeights } = config;
  const scheduled = schedule.type !== 'constant' || schedule.warmupEpochs > 0;
  return {
    data: withoutPaths(config.data),
    model,
    optimizer,
    batchSize,
    shardSize,
    epochs,
    seed,
    // Left out where they are off, so that a configuration from before they existed keeps its digest.
    ...(validationFraction > 0 && { validationFraction }),
    ...(earlyStopping !== null && { earlyStopping }),
    ...(scheduled && { schedule }),
    ...(clipping.type !== 'none' && { clipping }),
    ...(classWeights !== null && { classWeights }),
  };
}
