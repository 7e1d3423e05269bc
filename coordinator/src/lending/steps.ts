/**
 * The shell around the machine of stretch.ts: it turns its commands into calls of the pool and messages to workers,
 * and what comes back into events. To the training it looks like a pool of threads. All decisions are the machine's.
 *
 * Gradient sums lie in the pool's slots from when they arrive or are computed until the machine releases them; their
 * numbers there are its handles.
 */

import { randomInt } from 'node:crypto';
import type { Node } from '@hivegrad/shared/reduce/tree';
import type { FleetOptions } from '../fleet/events.ts';
import { wakeAtMs } from '../fleet/fleet.ts';
import type { Fleet } from '../fleet/state.ts';
import type { StepShape, Stretch, StretchCommand, StretchEvent } from '../fleet/stretch.ts';
import { createStretch, stretchStep } from '../fleet/stretch.ts';
import type { TrainingPool } from '../run-types.ts';
import type { StepSums } from '../training/sums.ts';
import { addSums, noSums } from '../training/sums.ts';
import type { LocalPool, NodeResult, StepsDone } from '../workers/local-pool.ts';

/** What is said to workers; one that is not there any more hears nothing. */
export interface Workers {
  sendWeights(worker: number, version: number): void;
  assign(command: StretchCommand & { type: 'assign' }): void;
  cancel(command: StretchCommand & { type: 'cancel' }): void;
  reject(command: StretchCommand & { type: 'reject' }): void;
  ban(command: StretchCommand & { type: 'ban' }): void;
}

export interface StepsOptions {
  readonly pool: LocalPool;
  readonly shape: StepShape;
  readonly fleet: FleetOptions;
  readonly workers: Workers;
  /** Every command that is carried out, for counters. */
  readonly onCommand: (command: StretchCommand) => void;
  /** Steps were taken that led to version `at`. */
  readonly onSteps: (at: number, sums: readonly StepSums[]) => void;
}

/** A gradient sum that a worker sent. */
export interface Sent extends NodeResult {
  readonly worker: number;
  readonly step: number;
  readonly node: Node;
  readonly computeMs: number;
}

/** In the place of a handle for bytes that were never kept, since their step is not under way. */
const NOTHING_KEPT = -1;
/** Steps of the secret generator that audits are drawn with. */
const DRAWS = 2 ** 47;

interface Running {
  readonly resolve: (done: StepsDone) => void;
  readonly reject: (error: unknown) => void;
}

export class Steps implements TrainingPool {
  readonly #options: StepsOptions;
  readonly #stretch: Stretch;
  /** The event that is being handled, and those that came meanwhile. */
  #events: StretchEvent[] = [];
  #running: Running | undefined;
  #wake: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: StepsOptions) {
    this.#options = options;
    this.#stretch = createStretch(options.shape, options.fleet);
  }

  /** To be read only. */
  get fleet(): Readonly<Fleet> {
    return this.#stretch.fleet;
  }

  /** The step that is taken as a round now. */
  get roundStep(): number | undefined {
    return this.#stretch.fleet.round?.step;
  }

  runSteps(from: number, to: number): Promise<StepsDone> {
    return new Promise((resolve, reject) => {
      this.#running = { resolve, reject };
      this.dispatch({ type: 'run', from, to, nowMs: performance.now() });
    });
  }

  hold(atOnce: boolean): void {
    this.dispatch({ type: 'hold', atOnce, nowMs: performance.now() });
  }

  sumsSoFar(): StepSums {
    const { sums, path } = this.#stretch;
    const taken = sums.reduce(addSums, noSums);
    return path === 'local' ? addSums(taken, this.#options.pool.sumsSoFar()) : taken;
  }

  version: TrainingPool['version'] = (step) => this.#options.pool.version(step);
  setVersion: TrainingPool['setVersion'] = (step, ...vectors) =>
    this.#options.pool.setVersion(step, ...vectors);
  evaluate: TrainingPool['evaluate'] = (step, part) => this.#options.pool.evaluate(step, part);

  /** Takes a gradient sum. The draw of its audit is made now that its bytes are here. */
  take({ worker, step, node, computeMs, ...result }: Sent): 'taken' | 'notFinite' {
    const { pool } = this.#options;
    const nowMs = performance.now();
    const isNow = step === this.roundStep;
    // While many that were replaced wait for their audits one more is as if it had been lost on the way.
    if (isNow && pool.roomForSums() === 0) return 'taken';
    const handle = isNow ? pool.putSum(step, node, result) : NOTHING_KEPT;
    if (handle === undefined) {
      this.dispatch({ type: 'notFinite', worker, step, node, nowMs });
      return 'notFinite';
    }
    const draw = randomInt(DRAWS) / DRAWS;
    this.dispatch({ type: 'result', worker, step, node, handle, computeMs, draw, nowMs });
    return 'taken';
  }

  /** Commands may cause events at once; these wait until the commands of the event before are carried out. */
  dispatch(event: StretchEvent): void {
    if (this.#isClosed) return;
    this.#events.push(event);
    if (this.#events.length > 1) return;
    try {
      for (const next of this.#events) {
        for (const command of stretchStep(this.#stretch, next)) this.#execute(command);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#events = [];
    }
    this.#wakeLater();
  }

  /** Nothing is taken or said any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#wake);
  }

  #execute(command: StretchCommand): void {
    const { pool, workers, onCommand, onSteps } = this.#options;
    onCommand(command);
    switch (command.type) {
      case 'sendWeights':
        workers.sendWeights(command.worker, command.version);
        return;
      case 'assign':
      case 'cancel':
      case 'reject':
      case 'ban':
        this.#say(command);
        return;
      case 'computeLocal':
        this.#work(() => this.#computeLocal(command));
        return;
      case 'audit':
        this.#work(() => this.#audit(command));
        return;
      case 'compare': {
        const handles = (parts: typeof command.left) => parts.map(({ handle }) => handle);
        const equal = pool.compareSums(command.node, handles(command.left), handles(command.right));
        this.dispatch({ type: 'checked', check: command.check, equal, nowMs: performance.now() });
        return;
      }
      case 'release':
        if (command.handle !== NOTHING_KEPT) pool.releaseSum(command.handle);
        return;
      case 'close':
        this.#work(async () => {
          const { step, cover } = command;
          const { diverged, ...sums } = await pool.closeStep(
            step,
            cover.map(({ handle }) => handle),
          );
          if (!diverged) onSteps(step + 1, [sums]);
          this.dispatch({ type: 'closed', sums, diverged, nowMs: performance.now() });
        });
        return;
      case 'runLocal':
        this.#work(async () => {
          const done = await pool.runSteps(command.from, command.to);
          onSteps(done.at, done.sums);
          this.dispatch({ type: 'localSteps', ...done, nowMs: performance.now() });
        });
        return;
      case 'holdLocal':
        pool.hold();
        return;
      case 'abandonStep':
        this.#work(async () => {
          await pool.abandonStep();
          this.dispatch({ type: 'abandoned', nowMs: performance.now() });
        });
        return;
      case 'stretchDone': {
        const { at, sums, diverged } = command;
        this.#running?.resolve({ at, sums, diverged });
        this.#running = undefined;
        return;
      }
      case 'accept':
      case 'wait':
        return;
    }
  }

  #say(command: StretchCommand & { type: 'assign' | 'cancel' | 'reject' | 'ban' }): void {
    const { workers } = this.#options;
    if (command.type === 'assign') workers.assign(command);
    else if (command.type === 'cancel') workers.cancel(command);
    else if (command.type === 'reject') workers.reject(command);
    else workers.ban(command);
  }

  async #computeLocal({ step, nodes }: StretchCommand & { type: 'computeLocal' }): Promise<void> {
    const computed = await this.#options.pool.computeNodes(step, nodes);
    // Less than was asked for means that the step was given up.
    if (computed.length < nodes.length) return;
    const results = computed.map(({ node, sum }) => ({ node, handle: sum }));
    this.dispatch({ type: 'localDone', step, results, nowMs: performance.now() });
  }

  /** On the threads of this machine, which are trusted. */
  async #audit({ check, step, node, handle }: StretchCommand & { type: 'audit' }): Promise<void> {
    const { pool } = this.#options;
    const [computed] = await pool.computeNodes(step, [node]);
    if (computed === undefined || this.roundStep !== step) return;
    const { sum } = computed;
    const equal =
      sum === undefined || handle === undefined ? sum === handle : pool.compareSums(node, [sum], [handle]);
    if (sum !== undefined) pool.releaseSum(sum);
    this.dispatch({ type: 'checked', check, equal, nowMs: performance.now() });
  }

  /** What fails ends the stretch, and with it the run. */
  #work(task: () => Promise<void>): void {
    task().catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#running?.reject(error);
    this.#running = undefined;
  }

  #wakeLater(): void {
    clearTimeout(this.#wake);
    const nowMs = performance.now();
    const atMs = wakeAtMs(this.#stretch.fleet, nowMs);
    if (atMs === undefined || this.#isClosed) return;
    const wake = () => this.dispatch({ type: 'tick', nowMs: performance.now() });
    this.#wake = setTimeout(wake, Math.max(0, Math.ceil(atMs - nowMs)));
  }
}
