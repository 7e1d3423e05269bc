/** What a run leaves for people beside its checkpoints: metrics as they come, and the evaluation and report at its end. */

import { readFile, stat } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { summarise } from '@hivegrad/shared/model/summary';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import { writeDurably } from '../checkpoint/durable.ts';
import type { FileSystem } from '../checkpoint/file-system.ts';
import type { Run } from '../checkpoint/run-directory.ts';
import type { RunLog } from '../checkpoint/run-log.ts';
import { openLog } from '../checkpoint/run-log.ts';
import type { Evaluation } from '../metrics/evaluation.ts';
import { evaluatePredictions, evaluationJson } from '../metrics/evaluation.ts';
import type { MetricsRecord } from '../metrics/record.ts';
import { parseMetrics } from '../metrics/record.ts';
import { openDerived } from '../report/derived.ts';
import { reportPage } from '../report/page.ts';
import { version } from '../version.ts';
import { answersOf } from './answers.ts';
import type { Job, TrainResult } from './train-types.ts';

export const EVALUATION_JSON = 'evaluation.json';
export const REPORT_HTML = 'report.html';

/** metrics.jsonl, and the files that are made from it as it grows. */
export async function openRunLog(run: Run, fs: FileSystem): Promise<RunLog> {
  const log = await openLog(run.metricsPath, { fs });
  try {
    const derived = await openDerived(run.directory, await recordsOf(run), {
      startedAt: (await startOf(run)) / 1000,
      fs,
    });
    return {
      append(record) {
        log.append(record);
        // What the shell appends is what it tells in its events: records of metrics.
        derived.append(record as unknown as MetricsRecord);
      },
      flush: () => log.flush(),
      async close() {
        try {
          await derived.close();
        } finally {
          await log.close();
        }
      },
    };
  } catch (error) {
    await log.close().catch(() => undefined);
    throw error;
  }
}

/** What the weights of `step` are worth on the test part. */
export async function evaluateTest({ pool, parts, bound, encoding }: Job, step: number): Promise<Evaluation> {
  const { targets, samples } = parts.test!;
  const predictions = await answersOf(pool, { step, part: 'test', samples });
  return evaluatePredictions({ loss: bound.model.loss, predictions, targets, encoding: encoding.target });
}

/** Writes report.html and, where there is an evaluation, evaluation.json. */
export async function writeReport(job: Job, run: Run, result: TrainResult): Promise<void> {
  const { bound, description, fs, settings } = job;
  const { config, model, stepsPerEpoch, schedule } = bound;
  const { evaluation, best } = result;
  const outcome = result.stoppedEarly ? 'stoppedEarly' : result.outcome;
  const page = reportPage({
    name: config.name,
    records: await recordsOf(run),
    ...(evaluation && { evaluation }),
    weightsDigest: result.weightsDigest,
    layers: summarise(model),
    loss: model.loss,
    optimizer: config.optimizer,
    schedule,
    clipping: config.clipping,
    batchSize: config.batchSize,
    shardSize: config.shardSize,
    seed: config.seed,
    epochs: config.epochs,
    stepsPerEpoch,
    data: description,
    outcome,
    ...(best && result.outcome === 'finished' && { bestEpoch: best.epoch }),
    config,
    place: [
      ['Processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`],
      ['Threads', String(settings.threads)],
      ['Node', process.version],
      ['hivegrad', version],
      ['Begun', new Date(await startOf(run)).toISOString()],
      ['Ended', new Date().toISOString()],
    ],
  });
  const write = (name: string, text: string) => {
    const path = join(run.directory, name);
    return explainDiskErrors(path, () => writeDurably(fs, path, new TextEncoder().encode(text)));
  };
  if (evaluation !== undefined) await write(EVALUATION_JSON, evaluationJson(evaluation));
  await write(REPORT_HTML, page);
}

async function recordsOf(run: Run): Promise<readonly MetricsRecord[]> {
  return explainDiskErrors(run.metricsPath, async () =>
    parseMetrics(await readFile(run.metricsPath, 'utf8'), run.metricsPath),
  );
}

/** When the run began, in milliseconds since 1970: when its configuration was written, also for a resumed one. */
async function startOf(run: Run): Promise<number> {
  return (await stat(join(run.directory, 'config.json'))).mtimeMs;
}
