/**
 * What is known of the run: from `/api/run` before anybody consents, whose fields are a stranger's and may all be
 * missing, and from the welcome and the statuses of the connection, which were parsed. What is out of its range counts as
 * missing.
 */

import type { PeerView } from '@hivegrad/shared/peer/view';
import { cleanText, isMap } from '@hivegrad/shared/protocol/fields';
import { DESCRIPTION_LENGTH_MAX, HASH_DIGITS, RUN_NAME_LENGTH_MAX } from '@hivegrad/shared/protocol/limits';
import { networkText } from './network-text.ts';

/** How far the run is, and who computes. */
export interface Progress {
  readonly epoch?: number;
  readonly step?: number;
  readonly loss?: number;
  readonly accuracy?: number;
  readonly browsers?: number;
  readonly machines?: number;
  readonly localThreads?: number;
  readonly samplesPerSecond?: number;
}

export interface RunInfo {
  readonly name?: string;
  readonly description?: string;
  readonly network?: string;
  readonly parameters?: number;
  readonly samples?: number;
  readonly batchSize?: number;
  readonly shardSize?: number;
  readonly epochs?: number;
  readonly seed?: number;
  /** SHA-256 of the training set. */
  readonly dataset?: string;
  /** This worker's public number. */
  readonly worker?: number;
  readonly progress: Progress;
  readonly ended?: 'finished' | 'stopped' | 'failed';
  /** SHA-256 of the final weights. */
  readonly digest?: string;
}

export const unknownRun: RunInfo = { progress: {} };

/** Reads the answer of `/api/run`. */
export function readRunInfo(answer: unknown): RunInfo {
  if (!isMap(answer)) return unknownRun;
  const { name, description, model, state, digest, dataset } = answer;
  const count = (key: string) => (isCount(answer[key]) ? { [key]: answer[key] } : {});
  const network = networkText(model);
  return {
    ...textOf('name', name, RUN_NAME_LENGTH_MAX),
    ...textOf('description', description, DESCRIPTION_LENGTH_MAX),
    ...(network !== undefined && { network }),
    ...count('parameters'),
    ...count('samples'),
    ...count('batchSize'),
    ...count('shardSize'),
    ...count('epochs'),
    ...count('seed'),
    ...(isHash(dataset) && { dataset }),
    ...((state === 'finished' || state === 'stopped' || state === 'failed') && { ended: state }),
    ...(isHash(digest) && { digest }),
    progress: progressOf(answer),
  };
}

/** What the connection knows goes before what was asked for. */
export function withView(info: RunInfo, { run, status, ended, digest }: PeerView): RunInfo {
  return {
    ...info,
    ...(run !== undefined && {
      name: run.run,
      description: run.description,
      network: networkText(run.model) ?? '',
      parameters: run.parameters,
      samples: run.samples,
      batchSize: run.batchSize,
      shardSize: run.shardSize,
      epochs: run.epochs,
      seed: run.seed,
      dataset: run.dataset,
      worker: run.worker,
    }),
    // A worker that has stopped hears no more, and then what is asked for is newer.
    ...(status !== undefined && status.step >= (info.progress.step ?? 0) && { progress: status }),
    ...(ended !== undefined && { ended }),
    ...(digest !== undefined && { digest }),
  };
}

function progressOf(answer: Readonly<Record<string, unknown>>): Progress {
  const keys = ['epoch', 'step', 'browsers', 'machines', 'localThreads'] as const;
  const { loss, accuracy, samplesPerSecond } = answer;
  return {
    ...Object.fromEntries(keys.filter((key) => isCount(answer[key])).map((key) => [key, answer[key]])),
    ...(typeof loss === 'number' && Number.isFinite(loss) && { loss }),
    ...(isWithin(accuracy, 1) && { accuracy }),
    ...(isWithin(samplesPerSecond, Number.MAX_VALUE) && { samplesPerSecond }),
  };
}

function textOf<K extends string>(key: K, value: unknown, lengthMax: number): { [P in K]?: string } {
  if (typeof value !== 'string' || value.trim() === '') return {};
  return { [key]: cleanText(value, lengthMax) } as { [P in K]?: string };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isWithin(value: unknown, max: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= max;
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && value.length === HASH_DIGITS && /^[0-9a-f]+$/.test(value);
}
