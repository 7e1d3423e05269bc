/**
 * From a comparison document to a comparison in which nothing is left open. In: a path or a plain value; out: a
 * Comparison whose base is a resolved configuration, or a UserError with a sentence for each problem.
 */

import { basename, extname, resolve } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { lossKinds } from '@hivegrad/shared/model/losses';
import type { ConfigDocument } from '../config/document.ts';
import { parseConfig, readConfig } from '../config/document.ts';
import { configProblems } from '../config/problems.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { resolveConfig } from '../config/resolve.ts';
import { RUN_NAME } from '../config/schema.ts';
import type { ParsedComparison } from './schema.ts';
import { compareSchema } from './schema.ts';

export interface Comparison extends Omit<ParsedComparison, 'name' | 'base' | 'learningRates'> {
  readonly name: string;
  /** What all cells share; each replaces batchSize, shardSize, epochs, seed and the learning rate. */
  readonly base: ResolvedConfig;
  /** Before the policy; at least one. */
  readonly learningRates: readonly number[];
}

export interface ComparisonResolution {
  readonly comparison: Comparison;
  /** Sentences for a person to read; what the base is noticed for is told by the runs. */
  readonly notices: readonly string[];
}

/** Reads a file: JSON, or a module with a default export. @throws UserError CONFIG_*, COMPARE_* */
export async function readComparison(path: string): Promise<ComparisonResolution> {
  return resolveComparison(await readConfig(path));
}

/** @throws UserError COMPARE_INVALID, COMPARE_EMPTY, and of the CONFIG codes for the base */
export async function resolveComparison(document: ConfigDocument): Promise<ComparisonResolution> {
  const { source, settings } = document;
  const parsed = compareSchema.safeParse(settings);
  if (!parsed.success) {
    const problems = configProblems(parsed.error.issues, settings, compareSchema);
    fail(
      source,
      problems.map(({ sentence }) => sentence.replace(/^The configuration /, 'The comparison ')),
    );
  }
  const { name, base: given, learningRates, ...rest } = parsed.data;
  requireGrid(source, parsed.data);
  const { config } = resolveConfig(await baseDocument(given, document));
  const twice: string[] = [];
  const once = <T>(axis: string, values: readonly T[]): T[] => {
    const kept = [...new Set(values)];
    if (kept.length < values.length) twice.push(`${axis} names an entry twice; it counts once.`);
    return kept;
  };
  const { threads } = rest;
  const comparison: Comparison = {
    ...rest,
    name: name ?? defaultName(source),
    base: { ...config, epochs: rest.epochs },
    strategies: once('strategies', rest.strategies),
    batchSizes: once('batchSizes', rest.batchSizes),
    learningRates: once('learningRates', learningRates ?? [config.optimizer.learningRate]),
    ...(threads && { threads: once('threads', threads) }),
    seeds: once('seeds', rest.seeds),
  };
  const contradictions = contradictionsOf(comparison);
  if (contradictions.length > 0) fail(source, contradictions);
  return { comparison, notices: twice };
}

/** What each cell has of its own is left out of the base, so that it is neither checked nor said there. */
async function baseDocument(
  base: string | Record<string, unknown>,
  { source, directory }: ConfigDocument,
): Promise<ConfigDocument> {
  const document =
    typeof base === 'string'
      ? await readConfig(resolve(directory, base))
      : parseConfig(base, `${source}, base`, directory);
  const { batchSize: _, shardSize: __, ...settings } = document.settings;
  return { ...document, settings };
}

function requireGrid(source: string, parsed: ParsedComparison): void {
  const empty = (['strategies', 'batchSizes', 'learningRates', 'threads', 'seeds'] as const).filter(
    (axis) => parsed[axis]?.length === 0,
  );
  if (empty.length === 0) return;
  throw new UserError(
    'COMPARE_EMPTY',
    `${source}: there is nothing to compare, for ${empty.join(' and ')} ${empty.length === 1 ? 'is' : 'are'} empty; ` +
      'give at least one entry, or leave the key out.',
  );
}

/** What no single setting shows to be wrong. */
function contradictionsOf({ base, learningRatePolicy, target }: Comparison): string[] {
  const sentences: string[] = [];
  if (base.earlyStopping !== null) {
    sentences.push(
      'base.earlyStopping must be null: cells that end at different epochs cannot be laid over each other',
    );
  }
  if (learningRatePolicy.type === 'search' && base.validationFraction === 0) {
    sentences.push(
      'learningRatePolicy "search" needs a validation part to judge by; set base.validationFraction, e.g. to 0.1',
    );
  }
  if (target?.metric === 'testAccuracy') {
    if (!lossKinds[base.model.loss].countsCorrect) {
      sentences.push(
        `target.metric is "testAccuracy", but ${base.model.loss} counts no correct answers; use "testLoss"`,
      );
    } else if (target.value <= 0 || target.value > 1) {
      sentences.push(`target.value must be a share above 0 and at most 1, e.g. 0.95, but is ${target.value}`);
    }
  }
  return sentences;
}

function fail(source: string, sentences: readonly string[]): never {
  const text =
    sentences.length === 1
      ? `${source}: ${sentences[0]}`
      : [`${source} has ${sentences.length} problems:`, ...sentences.map((line) => `  - ${line}`)].join('\n');
  throw new UserError('COMPARE_INVALID', text);
}

function defaultName(source: string): string {
  const name = basename(source, extname(source)).slice(0, 100);
  return RUN_NAME.test(name) ? name : 'comparison';
}
