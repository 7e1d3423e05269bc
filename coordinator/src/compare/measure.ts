/**
 * What a run of a cell tells. In: the records of its metrics; out: its curve over epochs, samples and seconds, its
 * rate and when it reached the target. Seconds are those of training: evaluations between epochs are left out, since
 * they cost all strategies the same and are no part of any.
 */

import type { MetricsRecord } from '../metrics/record.ts';
import { trainingClock } from '../metrics/record.ts';
import type { Target } from './schema.ts';

/** Where a run stood. */
interface Place {
  /** Updates so far. */
  readonly updates: number;
  /** Training samples so far, over all epochs. */
  readonly samples: number;
}

/**
 * The mean loss over the samples since the point before. It has no time: threads run many steps by themselves, and tell
 * of all of them at once.
 */
export interface LossPoint extends Place {
  readonly loss: number;
}

/** The end of an epoch. */
export interface EpochPoint extends Place {
  readonly epoch: number;
  /** Of training so far. */
  readonly seconds: number;
  /** Mean over the epoch. */
  readonly trainLoss: number;
  readonly testLoss: number;
  readonly testAccuracy?: number;
}

export interface Curve {
  readonly losses: readonly LossPoint[];
  readonly epochs: readonly EpochPoint[];
}

/** When the target was met at the end of an epoch for the first time. */
export interface Reached extends Place {
  readonly epochs: number;
  readonly seconds: number;
}

export interface Shape {
  /** Of the training part. */
  readonly samples: number;
  readonly batchSize: number;
}

export function curveOf(records: readonly MetricsRecord[], { samples, batchSize }: Shape): Curve {
  const clock = trainingClock();
  const stepsPerEpoch = Math.ceil(samples / batchSize);
  const losses: LossPoint[] = [];
  const epochs: EpochPoint[] = [];
  let evaluating = 0;
  let trainedUntil = 0;
  for (const record of records) {
    const { step } = record;
    const now = clock(record);
    // The line of an epoch follows that of its last step, and between the two lies nothing but the evaluation.
    if (record.kind === 'epoch') evaluating += now - trainedUntil;
    else trainedUntil = now;
    const inEpoch = step % stepsPerEpoch;
    const place = {
      updates: step,
      samples: Math.floor(step / stepsPerEpoch) * samples + inEpoch * batchSize,
    };
    if (record.kind === 'train') {
      losses.push({ ...place, loss: record.loss });
      continue;
    }
    const { epoch, train, test } = record;
    epochs.push({
      epoch,
      ...place,
      seconds: Number((now - evaluating).toFixed(3)),
      trainLoss: train.loss,
      testLoss: test.loss,
      ...(test.accuracy !== undefined && { testAccuracy: test.accuracy }),
    });
  }
  return { losses, epochs };
}

/** Undefined where the target was never met. */
export function reachedBy({ epochs }: Curve, { metric, value }: Target): Reached | undefined {
  const met = epochs.find(({ testAccuracy, testLoss }) =>
    metric === 'testLoss' ? testLoss <= value : testAccuracy !== undefined && testAccuracy >= value,
  );
  if (met === undefined) return undefined;
  const { epoch, updates, samples, seconds } = met;
  return { epochs: epoch, updates, samples, seconds };
}

/** Per second of training; undefined before the first epoch has ended. */
export function ratesOf({
  epochs,
}: Curve): { samplesPerSecond: number; updatesPerSecond: number } | undefined {
  const last = epochs.at(-1);
  if (last === undefined || last.seconds <= 0) return undefined;
  return {
    samplesPerSecond: last.samples / last.seconds,
    updatesPerSecond: last.updates / last.seconds,
  };
}
