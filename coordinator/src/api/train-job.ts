/**
 * One training from its configuration to its result: data, threads, run directory, steps, what it leaves for people.
 * In: a configuration and where to write; out: events on the way, and the result. The command line and the library
 * both run this.
 */

import { UserError } from '@hivegrad/shared/errors';
import { parametersOf } from '@hivegrad/shared/model/parameters';
import { learningRateAt } from '@hivegrad/shared/optim/schedule';
import { nodeFileSystem } from '../checkpoint/file-system.ts';
import type { Run } from '../checkpoint/run-directory.ts';
import { createRun, resumeRun } from '../checkpoint/run-directory.ts';
import type { RunLog } from '../checkpoint/run-log.ts';
import type { CheckpointStore } from '../checkpoint/store.ts';
import { openStore } from '../checkpoint/store.ts';
import type { BoundConfig } from '../config/bind.ts';
import { bindToData } from '../config/bind.ts';
import { configDigest } from '../config/digest.ts';
import { loadData } from '../data/load.ts';
import type { Lending } from '../lending/lending.ts';
import { fleetOptions } from '../lending/settings.ts';
import { shapeOf } from '../lending/shape.ts';
import { runTraining } from '../run.ts';
import type { Beginning, RunResult } from '../run-types.ts';
import type { DataParts, LocalPool, PoolSettings } from '../workers/local-pool.ts';
import { openLocalPool } from '../workers/local-pool.ts';
import { resume, start } from './begin.ts';
import type { ConfigSource } from './configuration.ts';
import { configurationOf } from './configuration.ts';
import { evaluateTest, openRunLog, writeReport } from './outputs.ts';
import type { Job, TrainEvent, TrainResult, TrainSettings } from './train-types.ts';

/** Trains what `source` says, and tells `emit` about it. Errors are those of its parts: UserError, DivergenceError. */
export async function runTrainJob(
  source: ConfigSource,
  settings: TrainSettings,
  emit: (event: TrainEvent) => void,
): Promise<TrainResult> {
  refuseContradiction(source, settings);
  const { config, notices } = await configurationOf(source);
  const onNotice = (sentence: string) => emit({ type: 'notice', sentence });
  for (const notice of notices) onNotice(notice);
  const { seed, validationFraction } = config;
  const split = await loadData(config.data, { seed, validationFraction, memory: settings.memory });
  emit({ type: 'data', description: split.description });
  const bound = bindToData(config, split);
  const { train } = bound;
  const { validation, test } = split;
  const parts: DataParts = { train, test, ...(validation && { validation }) };
  const dataDigest = [train, validation, test].map((part) => part?.digest ?? '').join('');
  const pool = await openLocalPool(bound, parts, { ...poolSettings(bound, settings), onNotice });
  let lending: Lending | undefined;
  try {
    // Before anything is written: an address that is in use costs nothing.
    lending = await lend(pool, bound, { settings, emit });
    const job: Job = {
      pool,
      lending,
      bound,
      parts,
      dataDigest,
      encoding: split.encoding,
      description: split.description,
      settings,
      fs: settings.fs ?? nodeFileSystem,
      emit,
    };
    return settings.out === undefined && source.resume === undefined
      ? await runInMemory(job)
      : await runInDirectory(job, source.resume);
  } finally {
    await lending?.close({ reason: 'failed' });
    await pool.close();
  }
}

/** One thread there always is: with none that take part in steps it computes what only a trusted one may. */
function poolSettings(bound: BoundConfig, settings: TrainSettings): PoolSettings {
  const { lend, threads } = settings;
  if (lend === undefined) return settings;
  const { nodesMax, sparesMax } = fleetOptions(shapeOf(bound), lend, threads);
  return { ...settings, threads: Math.max(1, threads), rounds: { nodesMax, sparesMax } };
}

function refuseContradiction({ resume }: ConfigSource, { out, force, threads, lend }: TrainSettings): void {
  if (threads === 0 && lend === undefined) {
    throw new UserError(
      'CONFIG_INVALID',
      'With 0 threads only workers from outside compute, so the run has to listen for them: add --listen PORT, or ' +
        'listen: { port } in a program.',
    );
  }
  if (resume === undefined || (out === undefined && force !== true)) return;
  throw new UserError(
    'CONFIG_INVALID',
    `${out === undefined ? 'force' : 'out'} and resume contradict each other: a resumed run stays where and as ` +
      'it is. Leave one of them out.',
  );
}

async function runInMemory(job: Job): Promise<TrainResult> {
  const log: RunLog = { append: () => {}, flush: async () => {}, close: async () => {} };
  // What is written nowhere is not told to be on the disk.
  const emit = (event: TrainEvent) => {
    if (event.type !== 'checkpoint') job.emit(event);
  };
  return conclude(
    job,
    await steps({ ...job, emit }, start(job.pool, job.bound), { store: keepsNothing, log }),
  );
}

async function runInDirectory(job: Job, resumed: string | undefined): Promise<TrainResult> {
  const { pool, bound, settings, fs, dataDigest, emit } = job;
  const { config } = bound;
  let run: Run | undefined;
  try {
    run =
      resumed === undefined
        ? await createRun(settings.out!(config), { config, force: settings.force === true, fs })
        : await resumeRun(resumed, fs);
    const store = await openStore(run.checkpointDirectory, fs, { keep: config.checkpointsKept });
    const onNotice = (sentence: string) => emit({ type: 'notice', sentence });
    const beginning =
      resumed === undefined
        ? start(pool, bound)
        : await resume({ pool, store, run, bound, dataDigest, fs, onNotice });
    const log = await openRunLog(run, fs);
    let ended: RunResult;
    try {
      ended = await steps(job, beginning, { store, log, directory: run.directory });
    } finally {
      await log.close();
    }
    const result = { ...(await conclude(job, ended)), directory: run.directory };
    await writeReport(job, run, result);
    return result;
  } finally {
    await run?.close();
  }
}

async function steps(
  job: Job,
  beginning: Beginning,
  { store, log, directory }: { store: CheckpointStore; log: RunLog; directory?: string },
): Promise<RunResult> {
  const { pool, lending, bound, parts, dataDigest, encoding, settings, emit } = job;
  const { config, model, stepsPerEpoch, metricsEverySteps, schedule } = bound;
  const { progress } = beginning;
  emit({
    type: 'start',
    config,
    model,
    stepsPerEpoch,
    samples: pool.trainSamples,
    threads: settings.threads,
    directory,
    epoch: Math.floor(progress.step / stepsPerEpoch) + 1,
    samplesDone: progress.epoch.samples,
  });
  lending?.begin(progress.step);
  const ended = await runTraining(
    {
      pool: lending?.pool ?? pool,
      store,
      log,
      model,
      parameters: parametersOf(model),
      optimizer: config.optimizer,
      configDigest: configDigest(config),
      dataDigest,
      extra: { encoding: JSON.stringify(encoding) },
    },
    {
      ...beginning,
      stepsPerEpoch,
      epochs: config.epochs,
      metricsEverySteps,
      checkpointSeconds: config.checkpointSeconds,
      validation: parts.validation !== undefined,
      earlyStopping: config.earlyStopping,
      learningRate: (step) => learningRateAt(config.optimizer.learningRate, schedule, step),
      onEvent: emit,
      ...(settings.stop && { stop: settings.stop }),
    },
  );
  await lending?.close({ reason: ended.outcome, digest: ended.weightsDigest });
  return ended;
}

/** Begins to listen, where the run is lent out. Only then there is a server to load. */
async function lend(
  pool: LocalPool,
  bound: BoundConfig,
  { settings, emit }: Pick<Job, 'settings' | 'emit'>,
): Promise<Lending | undefined> {
  if (settings.lend === undefined) return undefined;
  const { openLending } = await import('../lending/lending.ts');
  const lending = await openLending({
    pool,
    bound,
    localThreads: settings.threads,
    settings: settings.lend,
    onNotice: (sentence) => emit({ type: 'notice', sentence }),
    onFleet: (size) => emit({ type: 'fleet', ...size }),
  });
  emit({ type: 'listening', urls: lending.urls });
  return lending;
}

/** What a run that was stopped leaves is not evaluated: whoever stops it wants it to end. */
async function conclude(job: Job, ended: RunResult): Promise<TrainResult> {
  const { pool, bound } = job;
  const { model, stepsPerEpoch } = bound;
  const { weights } = pool.version(ended.step);
  const result = { ...ended, model, weights, stepsPerEpoch };
  if (ended.outcome === 'stopped') return result;
  return { ...result, evaluation: await evaluateTest(job, ended.step) };
}

const nothing = () => Promise.reject(new Error('a run in memory keeps no checkpoints'));
/** The store of a run in memory. */
const keepsNothing: CheckpointStore = {
  path: () => '',
  steps: async () => [],
  save: async () => {},
  latest: nothing,
  read: nothing,
  removeAfter: async () => {},
};
