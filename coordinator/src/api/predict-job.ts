/** What a trained network answers on rows: the checkpoint says how they become its inputs. */

import type { DataEncoding, Dataset } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { encodeRows } from '../data/memory-rows.ts';
import type { EncodedRows, RowFormat } from '../data/rows.ts';
import { readRows } from '../data/rows.ts';
import type { TrainedNetwork } from '../export/network.ts';
import { networkOf } from '../export/network.ts';
import type { PoolCallbacks, PoolSettings } from '../workers/local-pool.ts';
import { openAnsweringPool } from '../workers/local-pool.ts';
import type { Answers } from './answers.ts';
import { answerChunks } from './answers.ts';
import { findCheckpoint } from './find-checkpoint.ts';

export interface PredictSettings extends PoolSettings, PoolCallbacks {
  /** By default that of the file's name. */
  readonly format?: RowFormat | undefined;
  readonly delimiter?: string | undefined;
}

/** A network with its data encoding: without one nobody knows what its inputs mean. */
export interface AnsweringNetwork extends TrainedNetwork {
  readonly encoding: DataEncoding;
}

export interface Prediction {
  readonly network: AnsweringNetwork;
  readonly source: string;
  /** What was read, in one line. */
  readonly description: string;
  readonly samples: number;
  /** In order; the rows of a chunk are overwritten once the chunk after the next is asked for. */
  readonly chunks: AsyncGenerator<Answers, void, void>;
  close(): Promise<void>;
}

/**
 * Opens run or checkpoint `path` and the rows of `input`, the path of a file or what a program passed instead.
 * @throws UserError of the RUN, CHECKPOINT and DATA codes
 */
export async function openPrediction(
  path: string,
  input: unknown,
  settings: PredictSettings,
): Promise<Prediction> {
  const { source, checkpoint } = await findCheckpoint(path, settings.onNotice);
  const { encoding, ...network } = networkOf(checkpoint, source);
  if (encoding === undefined) {
    throw new UserError(
      'CHECKPOINT_DIFFERS',
      `${source} does not say how rows become inputs of its network. Train the network again with this version.`,
    );
  }
  const rows = await rowsOf(input, encoding, settings);
  const { samples, description } = rows;
  const pool = await openAnsweringPool(network.model, { test: datasetOf(rows) }, settings);
  pool.setVersion(network.step, network.weights, new Float32Array(0));
  return {
    network: { ...network, encoding },
    source,
    description,
    samples,
    chunks: answerChunks(pool, { step: network.step, part: 'test', samples }),
    close: () => pool.close(),
  };
}

function rowsOf(
  input: unknown,
  encoding: DataEncoding,
  { format, delimiter }: PredictSettings,
): Promise<EncodedRows> {
  if (typeof input === 'string') {
    return readRows(input, { encoding, ...(format && { format }), ...(delimiter && { delimiter }) });
  }
  if (format === undefined && delimiter === undefined) return encodeRows(input, { encoding });
  throw new UserError(
    'CONFIG_INVALID',
    `predict: ${format === undefined ? 'delimiter' : 'format'} describes a file, but the rows are none; leave it out.`,
  );
}

/** Rows as a data set; a prediction never looks at targets, so there need not be any. */
function datasetOf({ features, samples }: Pick<EncodedRows, 'features' | 'samples'>): Dataset {
  const targets = { kind: 'values', width: 0, rows: new SharedArrayBuffer(0) } as const;
  return { features, samples, targets, digest: '' };
}
