/**
 * The identity of a configuration: what a checkpoint is bound to. In: a ResolvedConfig; out: SHA-256 in hex.
 *
 * Part of it is what decides the bits of the result: model, optimizer, batchSize, shardSize, epochs, seed, and how
 * files become samples. Not part of it is what may change between two halves of one run: the name, the spacing of
 * checkpoints and metrics, and the paths of the data, which may be moved. What the files hold is bound by the
 * data set's own digest.
 */

import { createHash } from 'node:crypto';
import type { DataSpec } from '../data/spec.ts';
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
  const { model, optimizer, batchSize, shardSize, epochs, seed } = config;
  return { data: withoutPaths(config.data), model, optimizer, batchSize, shardSize, epochs, seed };
}

function withoutPaths(data: DataSpec): object {
  switch (data.kind) {
    case 'mnist': {
      const { directory: _, ...rest } = data;
      return rest;
    }
    case 'idx': {
      const { train: _, test: __, ...rest } = data;
      return rest;
    }
    case 'csv': {
      const { train: _, test, testFraction, ...rest } = data;
      // With a test file of its own the fraction is not used.
      return test === undefined ? { ...rest, testFraction } : { ...rest, ownTestFile: true };
    }
  }
}
