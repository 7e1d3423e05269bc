/**
 * What a run measured, one record per line of metrics.jsonl, and the one parser of such lines. Everything that is
 * derived from a run (tables, events, reports) is made of these records, so it can be made again at any time.
 */

import { UserError } from '@hivegrad/shared/errors';
import { z } from 'zod';

/** Means over samples; `accuracy` is there where the loss counts correct answers. */
export interface Means {
  readonly loss: number;
  readonly accuracy?: number;
}

interface RecordPlace {
  /** Steps taken so far. */
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** Since the process began; a resumed run counts from 0 again. */
  readonly seconds: number;
}

/** Means over the training samples since the last record of this kind, or since the epoch began. */
export interface TrainRecord extends RecordPlace, Means {
  readonly kind: 'train';
  /** Of the last of these steps. */
  readonly learningRate?: number;
}

/** The end of an epoch: means over its training samples, and of the other parts under the weights it ended with. */
export interface EpochRecord extends RecordPlace {
  readonly kind: 'epoch';
  readonly train: Means;
  readonly validation?: Means;
  readonly test: Means;
}

export type MetricsRecord = TrainRecord | EpochRecord;

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const means = { loss: z.number(), accuracy: share.exactOptional() };
const place = {
  step: count,
  epoch: z.int().min(1),
  seconds: z.number().min(0),
};
const recordSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('train'),
    ...place,
    ...means,
    learningRate: z.number().min(0).exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('epoch'),
    ...place,
    train: z.strictObject(means),
    validation: z.strictObject(means).exactOptional(),
    test: z.strictObject(means),
  }),
]);

/**
 * The records of metrics.jsonl, in their order; `source` names the file in messages. An empty text has none.
 * @throws UserError `METRICS_DAMAGED` with the line that is no record, or that comes before the one above it
 */
export function parseMetrics(text: string, source: string): readonly MetricsRecord[] {
  const lines = text.split('\n');
  // Every line ends with a line feed, so nothing stands behind the last one.
  if (lines.at(-1) === '') lines.pop();
  let lastStep = 0;
  return lines.map((line, index) => {
    const record = parseLine(line, `${source}, line ${index + 1}`);
    if (record.step < lastStep)
      throw damaged(`${source}, line ${index + 1}`, `its step ${record.step} comes after step ${lastStep}`);
    lastStep = record.step;
    return record;
  });
}

function parseLine(line: string, where: string): MetricsRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw damaged(where, 'it is not JSON', cause);
  }
  const parsed = recordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.path.join('.') ?? '';
  throw damaged(where, `${key === '' ? '' : `${key}: `}${issue?.message ?? 'it is no record'}`);
}

function damaged(where: string, why: string, cause?: unknown): UserError {
  return new UserError(
    'METRICS_DAMAGED',
    `${where} is not a record of metrics: ${why}. Resume the run, which removes torn lines, or remove that line.`,
    { cause },
  );
}

/** The records of the ends of epochs, in order. */
export function epochsOf(records: readonly MetricsRecord[]): readonly EpochRecord[] {
  return records.filter((record) => record.kind === 'epoch');
}

/**
 * Answers, called with each record in order, for how long the run has been training: the times of the processes
 * that worked on it one after the other are added, so the result never decreases.
 */
export function trainingClock(): (record: MetricsRecord) => number {
  let before = 0;
  let last = 0;
  return ({ seconds }) => {
    if (seconds < last) before += last;
    last = seconds;
    return before + seconds;
  };
}
