/**
 * The shell around the core, and the root where the parts of a training meet: it turns the core's commands into
 * calls of the pool, the store and the log, and what they answer into events. All decisions are the core's.
 */

import { DivergenceError } from '@hivegrad/shared/errors';
import { optimizerOf } from '@hivegrad/shared/optim/optimizers';
import { encodeCheckpoint, weightsDigest } from './checkpoint/format.ts';
import type { RunEvent, RunOptions, RunParts, RunResult, TrainingPool } from './run-types.ts';
import type { Plan, State } from './training/core.ts';
import { initialState, step, stoppedEarly } from './training/core.ts';
import type { Command, Event, MetricsLine } from './training/events.ts';
import type { Evaluation, Progress } from './training/progress.ts';
import { reportedEnd } from './training/progress.ts';
import { metricsRecord } from './training/record.ts';
import { addSums } from './training/sums.ts';
import { stretchStepsMax } from './workers/local-pool.ts';

const TICK_MS = 100;
/** Metrics are at most this old. */
const STRETCH_MS = 1_000;
/** The least time between checkpoints at the ends of short epochs. */
const CHECKPOINT_MS_MIN = 1_000;

/**
 * Trains until the epochs are done, early stopping ends them, or `stop` is aborted. The files of a run that was
 * interrupted and resumed are, but for times, those of an uninterrupted one.
 * @throws DivergenceError where a loss, gradient or weight stops being finite
 * @throws UserError where the disk fails or samples kill thread after thread
 */
export async function runTraining(parts: RunParts, options: RunOptions): Promise<RunResult> {
  const shell = new Shell(parts, options);
  const tick = setInterval(() => shell.tick(), TICK_MS);
  const stop = () => shell.dispatch({ type: 'stop' });
  options.stop?.addEventListener('abort', stop, { once: true });
  try {
    shell.dispatch({ type: 'start', nowMs: performance.now() });
    if (options.stop?.aborted) stop();
    return shell.result(await shell.ended);
  } finally {
    clearInterval(tick);
    options.stop?.removeEventListener('abort', stop);
    // Whatever ends the run, a checkpoint that is being written ends first: the caller closes the log and the lock.
    await shell.writing;
  }
}

class Shell {
  /** Rejects with whatever failed first. */
  readonly ended: Promise<RunResult['outcome']>;
  /** Resolves when no checkpoint is being written; never rejects. */
  writing: Promise<void> = Promise.resolve();
  private readonly parts: RunParts;
  private readonly options: RunOptions;
  private readonly plan: Plan;
  private readonly startedMs = performance.now();
  private state: State;
  /** The one that is being handled, and those that came meanwhile. */
  private events: Event[] = [];
  private best: Float32Array | undefined;
  private resolve: (outcome: RunResult['outcome']) => void = () => {};
  private reject: (error: unknown) => void = () => {};

  constructor(parts: RunParts, options: RunOptions) {
    this.parts = parts;
    this.options = options;
    this.plan = planOf(options);
    this.state = initialState(options.progress, options.resumed);
    this.best = options.bestWeights;
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** An event that a listener sends while commands are carried out waits until they all are. */
  dispatch(event: Event): void {
    this.events.push(event);
    if (this.events.length > 1) return;
    this.guarded(() => {
      for (const next of this.events) {
        const transition = step(this.plan, this.state, next);
        this.state = transition.state;
        for (const command of transition.commands) this.execute(command);
      }
    });
    this.events = [];
  }

  tick(): void {
    const { activity, progress } = this.state;
    if (activity === 'running') {
      const epoch = Math.floor(progress.step / this.plan.stepsPerEpoch) + 1;
      const sums = addSums(progress.epoch, this.parts.pool.sumsSoFar());
      this.guarded(() => this.tell({ type: 'progress', epoch, sums }));
    }
    this.dispatch({ type: 'tick', nowMs: performance.now() });
  }

  result(outcome: RunResult['outcome']): RunResult {
    const { progress } = this.state;
    const { validation, test } = reportedEnd(progress) ?? {};
    const { best } = progress;
    return {
      outcome,
      step: progress.step,
      weightsDigest: weightsDigest(this.parts.pool.version(progress.step).weights),
      ...(validation !== undefined && { validation }),
      ...(test !== undefined && { test }),
      ...(best !== undefined && { best: { epoch: best.epoch, step: best.step } }),
      stoppedEarly: stoppedEarly(this.plan, progress),
    };
  }

  private execute(command: Command): void {
    const { pool } = this.parts;
    const { step: at } = this.state.progress;
    switch (command.type) {
      case 'runSteps':
        void this.work(async () => {
          const done = await pool.runSteps(command.from, command.to);
          this.dispatch({ type: 'stepsDone', nowMs: performance.now(), ...done });
        });
        break;
      case 'hold':
        pool.hold(command.atOnce);
        break;
      case 'evaluate':
        void this.work(async () => {
          const evaluation = await evaluate(pool, at, command.validation);
          this.dispatch({ type: 'evaluated', nowMs: performance.now(), ...evaluation });
        });
        break;
      case 'metrics':
        this.writeMetrics(command.line);
        break;
      case 'keepBest':
        this.best = pool.version(at).weights;
        this.tell({ type: 'best', ...command.best });
        break;
      case 'restoreBest':
        pool.setVersion(at, requireBest(this.best), pool.version(at).state);
        break;
      case 'checkpoint':
        this.save(command.progress);
        break;
      case 'exit':
        if (command.outcome === 'diverged') this.reject(divergence(command));
        else this.resolve(command.outcome);
        break;
    }
  }

  private writeMetrics(line: MetricsLine): void {
    const record = metricsRecord(line, {
      loss: this.parts.model.loss,
      seconds: (performance.now() - this.startedMs) / 1000,
      learningRate: this.options.learningRate?.(line.step - 1),
    });
    this.parts.log.append({ ...record });
    this.tell({ type: 'metrics', line, record });
  }

  /** Takes the bytes of a checkpoint at once, and writes them after the metrics before it. */
  private save(progress: Progress): void {
    const { store, log } = this.parts;
    const bytes = checkpointBytes(this.parts, progress, this.best);
    const before = this.writing;
    this.writing = this.work(async () => {
      await before;
      await log.flush();
      await store.save(progress.step, bytes);
      this.tell({ type: 'checkpoint', step: progress.step });
      this.dispatch({ type: 'checkpointDurable', step: progress.step });
    });
  }

  /** What fails ends the run. */
  private guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.reject(error);
    }
  }

  private work(task: () => Promise<void>): Promise<void> {
    return task().catch((error: unknown) => this.reject(error));
  }

  private tell(event: RunEvent): void {
    this.options.onEvent?.(event);
  }
}

function planOf(options: RunOptions): Plan {
  const checkpointMs = options.checkpointSeconds * 1000;
  return {
    stepsPerEpoch: options.stepsPerEpoch,
    epochs: options.epochs,
    metricsEvery: options.metricsEverySteps,
    checkpointMs,
    checkpointMsMin: Math.min(CHECKPOINT_MS_MIN, checkpointMs),
    stretchSteps: stretchStepsMax,
    stretchMs: STRETCH_MS,
    validation: options.validation ?? false,
    earlyStopping: options.earlyStopping ?? null,
  };
}

async function evaluate(pool: TrainingPool, at: number, hasValidation: boolean): Promise<Evaluation> {
  const validation = hasValidation ? await pool.evaluate(at, 'validation') : undefined;
  const test = await pool.evaluate(at, 'test');
  return { ...(validation !== undefined && { validation }), test };
}

/** The best weights are part of it until the run has ended with them: then they are its weights. */
function checkpointBytes(parts: RunParts, progress: Progress, best: Float32Array | undefined): Uint8Array {
  const { weights, state } = parts.pool.version(progress.step);
  const keepsBest = progress.best !== undefined && progress.ended !== true;
  return encodeCheckpoint({
    step: progress.step,
    parameters: parts.parameters,
    weights,
    optimizerSlots: optimizerOf(parts.optimizer).state,
    optimizerState: state,
    ...(keepsBest && { bestWeights: requireBest(best) }),
    configDigest: parts.configDigest,
    dataDigest: parts.dataDigest,
    model: parts.model,
    extra: { ...parts.extra, progress: JSON.stringify(progress) },
  });
}

function requireBest(best: Float32Array | undefined): Float32Array {
  if (best === undefined) throw new Error('the best weights were never kept');
  return best;
}

function divergence({ step: at, where }: Command & { type: 'exit' }): DivergenceError {
  const what =
    where === undefined
      ? `at step ${at + 1} the loss, a gradient or a weight is not finite any more. Nothing of that step was applied.`
      : `after step ${at} the loss of the ${where} set is not finite any more.`;
  return new DivergenceError(
    at,
    `${what} Try a smaller learning rate, another initializer, or standardized inputs.`,
  );
}
