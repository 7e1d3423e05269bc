/**
 * The shell around the core, and the root where the parts of a training meet: it turns the core's commands into
 * calls of the pool, the store and the log, and what they answer into events. All decisions are the core's.
 */

import { DivergenceError } from '@hivegrad/shared/errors';
import { lossKinds } from '@hivegrad/shared/model/losses';
import type { ParameterInfo } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { optimizerOf } from '@hivegrad/shared/optim/optimizers';
import type { OptimizerSpec } from '@hivegrad/shared/optim/spec';
import { encodeCheckpoint, weightsDigest } from './checkpoint/format.ts';
import type { RunLog } from './checkpoint/run-log.ts';
import type { CheckpointStore } from './checkpoint/store.ts';
import type { Command, Event, MetricsLine, Plan, Progress } from './training/core.ts';
import { initialState, step } from './training/core.ts';
import type { StepSums } from './training/sums.ts';
import { accuracy, addSums, meanLoss } from './training/sums.ts';
import type { LocalPool } from './workers/local-pool.ts';
import { stretchStepsMax } from './workers/local-pool.ts';

export interface RunParts {
  readonly pool: LocalPool;
  readonly store: CheckpointStore;
  readonly log: RunLog;
  readonly model: ModelSpec;
  readonly parameters: readonly ParameterInfo[];
  readonly optimizer: OptimizerSpec;
  readonly configDigest: string;
  readonly dataDigest: string;
}

export interface RunOptions {
  readonly stepsPerEpoch: number;
  readonly epochs: number;
  readonly metricsEverySteps: number;
  readonly checkpointSeconds: number;
  /** Where to begin; the pool already holds the weights of this step. */
  readonly progress: Progress;
  readonly resumed: boolean;
  /** Called about ten times a second while steps run, with the sums of the epoch so far. */
  readonly onProgress?: (epoch: StepSums) => void;
  readonly onMetrics?: (line: MetricsLine) => void;
  /** Aborting it stops the run gracefully: checkpoint, then the result. */
  readonly stop?: AbortSignal;
}

export interface RunResult {
  readonly outcome: 'finished' | 'stopped';
  /** Steps taken. */
  readonly step: number;
  /** SHA-256 in hex over the final weights' bytes. */
  readonly weightsDigest: string;
  /** Sums over the test set after the last whole epoch of this process, if there was one. */
  readonly test: StepSums | undefined;
}

const TICK_MS = 100;
/** Metrics are at most this old. */
const STRETCH_MS = 1_000;
/** The least time between checkpoints at the ends of short epochs. */
const CHECKPOINT_MS_MIN = 1_000;

/**
 * Trains until the epochs are done or `stop` is aborted. The files of a run that was interrupted and resumed are,
 * but for times, those of an uninterrupted one.
 * @throws DivergenceError where a loss, gradient or weight stops being finite
 * @throws UserError where the disk fails or samples kill thread after thread
 */
export async function runTraining(parts: RunParts, options: RunOptions): Promise<RunResult> {
  const { pool, store, log } = parts;
  const plan: Plan = {
    stepsPerEpoch: options.stepsPerEpoch,
    epochs: options.epochs,
    metricsEvery: options.metricsEverySteps,
    checkpointMs: options.checkpointSeconds * 1000,
    checkpointMsMin: Math.min(CHECKPOINT_MS_MIN, options.checkpointSeconds * 1000),
    stretchSteps: stretchStepsMax,
    stretchMs: STRETCH_MS,
  };
  let state = initialState(options.progress, options.resumed);
  let test: StepSums | undefined;
  let writing: Promise<void> = Promise.resolve();
  const startedMs = performance.now();
  const nowMs = () => performance.now();
  let cleanUp: () => void = () => {};

  const ended = new Promise<'finished' | 'stopped'>((resolve, reject) => {
    const guarded = (work: Promise<void>) => work.catch(reject);

    const dispatch = (event: Event): void => {
      const transition = step(plan, state, event);
      state = transition.state;
      for (const command of transition.commands) execute(command);
    };

    const execute = (command: Command): void => {
      switch (command.type) {
        case 'runSteps':
          void guarded(
            pool
              .runSteps(command.from, command.to)
              .then((done) => dispatch({ type: 'stepsDone', nowMs: nowMs(), ...done })),
          );
          break;
        case 'hold':
          pool.hold();
          break;
        case 'evaluate':
          void guarded(
            pool.evaluate(state.progress.step).then((sums) => {
              test = sums;
              dispatch({ type: 'evaluated', nowMs: nowMs(), sums });
            }),
          );
          break;
        case 'metrics':
          log.append(metricsRecord(command.line, parts.model, (nowMs() - startedMs) / 1000));
          options.onMetrics?.(command.line);
          break;
        case 'checkpoint': {
          const bytes = checkpointBytes(parts, command.progress);
          writing = guarded(
            writing
              .then(() => log.flush())
              .then(() => store.save(command.progress.step, bytes))
              .then(() => dispatch({ type: 'checkpointDurable', step: command.progress.step })),
          );
          break;
        }
        case 'exit':
          if (command.outcome === 'diverged') reject(divergence(command));
          else resolve(command.outcome);
          break;
      }
    };

    const tick = setInterval(() => {
      if (state.activity === 'running') options.onProgress?.(addSums(state.progress.epoch, pool.sumsSoFar()));
      dispatch({ type: 'tick', nowMs: nowMs() });
    }, TICK_MS);
    const stop = () => dispatch({ type: 'stop' });
    options.stop?.addEventListener('abort', stop, { once: true });
    cleanUp = () => {
      clearInterval(tick);
      options.stop?.removeEventListener('abort', stop);
    };
    dispatch({ type: 'start', nowMs: nowMs() });
    if (options.stop?.aborted) stop();
  });
  let outcome: 'finished' | 'stopped';
  try {
    outcome = await ended;
  } finally {
    cleanUp();
    // Whatever ends the run, a checkpoint that is being written ends first: the caller closes the log and the lock.
    await writing;
  }
  const { step: at } = state.progress;
  return { outcome, step: at, weightsDigest: weightsDigest(pool.version(at).weights), test };
}

function checkpointBytes(parts: RunParts, progress: Progress): Uint8Array {
  const { weights, state } = parts.pool.version(progress.step);
  return encodeCheckpoint({
    step: progress.step,
    parameters: parts.parameters,
    weights,
    optimizerSlots: optimizerOf(parts.optimizer).state,
    optimizerState: state,
    configDigest: parts.configDigest,
    dataDigest: parts.dataDigest,
    model: parts.model,
    extra: { progress: JSON.stringify(progress) },
  });
}

function metricsRecord(line: MetricsLine, model: ModelSpec, seconds: number) {
  const { countsCorrect } = lossKinds[model.loss];
  const means = (sums: StepSums) => ({
    loss: meanLoss(sums),
    ...(countsCorrect && { accuracy: accuracy(sums) }),
  });
  const { kind, step: at, epoch } = line;
  const record = { step: at, epoch, kind, seconds: Math.round(seconds * 1000) / 1000 };
  return line.kind === 'train'
    ? { ...record, ...means(line.sums) }
    : { ...record, train: means(line.train), test: means(line.test) };
}

function divergence({ step: at, where }: Command & { type: 'exit' }): DivergenceError {
  const what =
    where === 'evaluation'
      ? `after step ${at} the loss of the test set is not finite any more.`
      : `at step ${at + 1} the loss, a gradient or a weight is not finite any more. Nothing of that step was applied.`;
  return new DivergenceError(
    at,
    `${what} Try a smaller learning rate, another initializer, or standardized inputs.`,
  );
}
