/**
 * From a document to a configuration in which nothing is left open. In: a ConfigDocument; out: a ResolvedConfig
 * with absolute paths and every default filled in, and notices for a person to read. Every problem is collected
 * before one error is thrown. A resolved configuration, written as JSON, resolves to itself.
 */

import { basename, extname } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import type { LayerSpec, Loss } from '@hivegrad/shared/model/spec';
import type { ClippingSpec, OptimizerSpec } from '@hivegrad/shared/optim/spec';
import type { DataSpec } from '../data/spec.ts';
import type { EarlyStopping } from '../training/early-stopping.ts';
import { defaultLoss, resolveData } from './data-settings.ts';
import type { ConfigDocument } from './document.ts';
import { flagOf } from './flags.ts';
import { type ConfigProblem, configProblems } from './problems.ts';
import { completeLayer, configSchema, type ParsedConfig, RUN_NAME } from './schema.ts';

export type ScheduleConfig = ParsedConfig['schedule'];
export type ClassWeights = NonNullable<ParsedConfig['classWeights']>;

export interface ResolvedConfig {
  readonly name: string;
  /** For people who lend a browser or a machine; may be empty. */
  readonly description: string;
  readonly data: DataSpec;
  /** A ModelSpec without its input size, which the data brings (bind.ts). */
  readonly model: { readonly layers: readonly LayerSpec[]; readonly loss: Loss };
  readonly optimizer: OptimizerSpec;
  /** In epochs; how many steps those are is known when the data are (bind.ts). */
  readonly schedule: ScheduleConfig;
  readonly clipping: ClippingSpec;
  /** Null is 1 for all classes. */
  readonly classWeights: ClassWeights | null;
  /** Samples per step. */
  readonly batchSize: number;
  /** Samples per shard, at most `batchSize`. */
  readonly shardSize: number;
  readonly epochs: number;
  readonly seed: number;
  /** Share of the training part that is only evaluated; 0 is none. */
  readonly validationFraction: number;
  /** Null trains all epochs. */
  readonly earlyStopping: EarlyStopping | null;
  readonly checkpointSeconds: number;
  readonly checkpointsKept: number;
  /** Steps between two lines of metrics; null is 20 lines per epoch. */
  readonly metricsEvery: number | null;
}

export interface Resolution {
  readonly config: ResolvedConfig;
  /** Sentences about what was changed or looks unintended. */
  readonly notices: readonly string[];
}

/**
 * Checks a document and fills in its defaults. Throws one UserError with a line per problem: CONFIG_UNKNOWN_KEY
 * where a key does not exist, CONFIG_INVALID where only values are wrong.
 */
export function resolveConfig(document: ConfigDocument): Resolution {
  const parsed = configSchema.safeParse(document.settings);
  if (!parsed.success) fail(document, configProblems(parsed.error.issues, document.settings));
  const problems = crossProblems(parsed.data, document);
  if (problems.length > 0) fail(document, problems);
  const { data, model, name, shardSize, $schema: _, ...rest } = parsed.data;
  const resolvedData = resolveData(data, document.directory);
  const loss = model.loss ?? defaultLoss(resolvedData);
  const shards = resolveShardSize(rest.batchSize, shardSize);
  const layers = model.layers.map(completeLayer);
  return {
    config: {
      ...rest,
      name: name ?? defaultName(document.source),
      data: resolvedData,
      model: { layers, loss },
      shardSize: shards.shardSize,
    },
    notices: [...shards.notices, ...logitNotices(layers, loss)],
  };
}

/**
 * The shard size that goes with a batch size: by default min(batchSize, max(16, ceil(batchSize / 16))), which
 * gives at most 16 shards of at least 16 samples. One above the batch size is lowered to it, with a notice.
 */
export function resolveShardSize(
  batchSize: number,
  shardSize: number | undefined,
): { readonly shardSize: number; readonly notices: readonly string[] } {
  if (shardSize === undefined) {
    return { shardSize: Math.min(batchSize, Math.max(16, Math.ceil(batchSize / 16))), notices: [] };
  }
  if (shardSize <= batchSize) return { shardSize, notices: [] };
  const notice = `shardSize is lowered from ${shardSize} to ${batchSize}, the batch size: a shard is a part of one mini-batch.`;
  return { shardSize: batchSize, notices: [notice] };
}

/** What no single setting shows to be wrong. */
function crossProblems(parsed: ParsedConfig, document: ConfigDocument): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const add = (path: string, sentence: string) =>
    problems.push({ kind: 'invalid', path, sentence: `${path} ${sentence}` });
  const { batchSize, shardSize, data, model, optimizer, earlyStopping, validationFraction } = parsed;
  // Both from one hand contradict each other; a flag over a file's value only makes the other one out of date.
  const oneHand =
    Object.hasOwn(document.settings, 'batchSize') &&
    (flagOf(document, 'batchSize') === undefined) === (flagOf(document, 'shardSize') === undefined);
  if (shardSize !== undefined && shardSize > batchSize && oneHand) {
    add('shardSize', `must be at most batchSize, which is ${batchSize}, but is ${shardSize}`);
  }
  if ('target' in data && data.task === 'classes' && Array.isArray(data.target) && data.target.length !== 1) {
    add('data.target', `must be one column for the task "classes", but has ${data.target.length}`);
  }
  if (data.kind === 'memory' && typeof data.classes === 'object') {
    const { classes } = data;
    const twice = classes.find((name, index) => classes.indexOf(name) !== index);
    if (twice !== undefined) {
      add('data.classes', `must name each class once, but has ${JSON.stringify(twice)} twice`);
    }
  }
  if (optimizer.type === 'sgd' && optimizer.nesterov && optimizer.momentum === 0) {
    add('optimizer.nesterov', 'needs a momentum above 0; set optimizer.momentum, e.g. to 0.9');
  }
  if (model.layers.at(-1)?.type === 'dropout') {
    add(
      `model.layers[${model.layers.length - 1}]`,
      'must not be dropout: it would drop what the network answers; end with a dense layer',
    );
  }
  if (earlyStopping !== null && validationFraction === 0) {
    add('earlyStopping', 'needs a validation part to watch; set validationFraction, e.g. to 0.1');
  }
  return problems;
}

/** The name of a run whose configuration gives none: the file's, without its extension. */
function defaultName(source: string): string {
  const name = basename(source, extname(source)).slice(0, 100);
  return RUN_NAME.test(name) ? name : 'run';
}

/** A cross-entropy normalises what the last layer gives; an activation before that is seldom meant. */
function logitNotices(layers: readonly LayerSpec[], loss: Loss): string[] {
  const last = layers.length - 1;
  const layer = layers[last];
  if (loss === 'squaredError' || layer?.type !== 'dense' || layer.activation === 'identity') return [];
  return [
    `model.layers[${last}].activation is "${layer.activation}", but ${loss} takes logits: the last layer's activation should be "identity".`,
  ];
}

function fail(document: ConfigDocument, problems: readonly ConfigProblem[]): never {
  const sentences = problems.map(({ path, sentence }) => {
    const flag = flagOf(document, path);
    return flag === undefined ? sentence : `${sentence} (from ${flag})`;
  });
  const code = problems.some(({ kind }) => kind === 'unknownKey') ? 'CONFIG_UNKNOWN_KEY' : 'CONFIG_INVALID';
  const text =
    sentences.length === 1
      ? `${document.source}: ${sentences[0]}`
      : [
          `${document.source} has ${sentences.length} problems:`,
          ...sentences.map((line) => `  - ${line}`),
        ].join('\n');
  throw new UserError(code, text);
}
