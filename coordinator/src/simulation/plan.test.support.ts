/** What a seed decides: the run, the fleet, and how often each fault happens until the chaos ends. */

import { batchOfStep } from '@hivegrad/shared/data/sampler';
import { shardCount } from '@hivegrad/shared/reduce/tree';
import type { FleetOptions, Trust } from '../fleet/events.ts';
import type { StepShape } from '../fleet/stretch.ts';
import type { Plan } from '../training/core.ts';
import type { Random } from './random.test.support.ts';

export interface WorkerPlan {
  readonly id: number;
  readonly trust: Trust;
  readonly perShardMs: number;
  readonly latencyMs: number;
  /** How often a result of it is wrong. */
  readonly lies: number;
}

/** Chances for each message, node or while. */
export interface Faults {
  /** From some moment on nothing of a connection arrives any more, in either direction. */
  readonly halfOpen: number;
  readonly delay: number;
  readonly duplicate: number;
  /** A node is never answered. */
  readonly forget: number;
  readonly missing: number;
  /** The connection is lost, and the worker goes on with what it has; or the worker dies with it. */
  readonly disconnect: number;
  readonly crash: number;
  readonly pause: number;
  /** The worker takes nothing more, and is away for a while when it is done. */
  readonly drain: number;
  /** A connection is lost at any time, within seconds of its beginning. */
  readonly leave: number;
  /** A node takes thirty times as long. */
  readonly slow: number;
  /** Something that nobody asked for: another step, another node. */
  readonly nonsense: number;
}

/** What may end a process before its run is over, and how soon. */
export interface Interruptions {
  readonly most: number;
  readonly withinMs: number;
}

/** The step at which the run diverges: in the sum of a shard, or, without one, in the update. */
export interface Divergence {
  readonly step: number;
  readonly shard: number | undefined;
}

export interface SimulationPlan {
  readonly run: Plan;
  readonly shape: StepShape;
  readonly options: FleetOptions;
  readonly localPerShardMs: number;
  readonly workers: readonly WorkerPlan[];
  readonly faults: Faults;
  readonly interruptions: Interruptions;
  readonly chaosMs: number;
  readonly divergence: Divergence | undefined;
}

const SHARD_SIZE = 4;
/** About so many steps are in a run. */
const STEPS = 10;

/** The samples of a step. */
export function batchOf({ shape }: Pick<SimulationPlan, 'shape'>, step: number): number {
  return batchOfStep(step, shape.samples, shape.batchSize).count;
}

export function shardsOfStep(plan: Pick<SimulationPlan, 'shape'>, step: number): number {
  return shardCount(batchOf(plan, step), plan.shape.shardSize);
}

export function randomSimulation(random: Random): SimulationPlan {
  const { below, chance } = random;
  const localThreads = below(4);
  const faultless = chance(0.05);
  const rate = (max: number) => (faultless || chance(0.4) ? 0 : (max * (1 + below(10))) / 10);
  const perShardMs = 1 + below(20);
  const run = randomRun(random);
  const shape = randomShape(random, run.stepsPerEpoch);
  const step = below(run.stepsPerEpoch * run.epochs);
  const shard = below(shardsOfStep({ shape }, step));
  return {
    run,
    shape,
    options: randomOptions(random, localThreads),
    localPerShardMs: chance(0.5) ? perShardMs : 1 + below(40),
    workers: randomWorkers(random, { localThreads, perShardMs }),
    faults: {
      halfOpen: rate(0.02),
      delay: rate(0.1),
      duplicate: rate(0.1),
      forget: rate(0.1),
      missing: rate(0.1),
      disconnect: rate(0.03),
      crash: rate(0.03),
      pause: rate(0.03),
      drain: rate(0.03),
      leave: rate(0.5),
      slow: rate(0.1),
      nonsense: rate(0.05),
    },
    interruptions: {
      most: faultless || chance(0.4) ? 0 : 1 + below(4),
      withinMs: [30, 300, 3000][below(3)]!,
    },
    chaosMs: [0, 1000, 5000, 20_000][below(4)]!,
    divergence: chance(0.1) ? { step, shard: chance(0.7) ? shard : undefined } : undefined,
  };
}

/** Times that make everything from no checkpoint to one at each step boundary, and epochs of any length. */
function randomRun({ below, chance }: Random): Plan {
  const stepsPerEpoch = 1 + below(chance(0.5) ? 3 : STEPS);
  const checkpointMs = [100, 400, 2000, 1e9][below(4)]!;
  const validation = chance(0.7);
  return {
    stepsPerEpoch,
    epochs: Math.max(1, Math.round(STEPS / stepsPerEpoch)),
    metricsEvery: 1 + below(6),
    checkpointMs,
    checkpointMsMin: chance(0.3) ? 0 : Math.min(checkpointMs, 50 + below(1000)),
    stretchSteps: chance(0.5) ? 1000 : 1 + below(5),
    stretchMs: 200 + below(2000),
    validation,
    earlyStopping:
      validation && chance(0.6)
        ? {
            patience: 1 + below(4),
            minDelta: [0, 0, 0.01, 0.1][below(4)]!,
            metric: chance(0.5) ? 'loss' : 'accuracy',
          }
        : null,
  };
}

function randomShape({ below, chance }: Random, stepsPerEpoch: number): StepShape {
  const shards = chance(0.5) ? 8 : 1 + below(chance(0.05) ? 100 : 12);
  const batchSize = shards * SHARD_SIZE - below(SHARD_SIZE);
  const last = chance(0.5) ? batchSize : 1 + below(batchSize);
  return { samples: (stepsPerEpoch - 1) * batchSize + last, batchSize, shardSize: SHARD_SIZE };
}

function randomOptions({ below, chance }: Random, localThreads: number): FleetOptions {
  const auditing = chance(0.7);
  return {
    share: chance(0.6) ? 'always' : 'useful',
    localThreads,
    nodesMax: chance(0.8) ? 64 : 1 + below(5),
    ...(chance(0.2) && { nodeShardsMax: 1 + below(4) }),
    sparesMax: chance(0.8) ? 32 : below(3),
    newcomerAudits: auditing ? below(4) : 0,
    auditRate: auditing ? [0, 0.05, 0.3, 1][below(4)]! : 0,
    rememberedMax: chance(0.9) ? 100 : 1 + below(3),
  };
}

function randomWorkers(
  { below, chance }: Random,
  { localThreads, perShardMs }: { localThreads: number; perShardMs: number },
): WorkerPlan[] {
  const liars = chance(0.4);
  // Local threads alone are a fleet, too.
  const count = localThreads > 0 && chance(0.1) ? 0 : 1 + below(5);
  return Array.from({ length: count }, (_, id): WorkerPlan => {
    // Somebody must be left when the liars are banned.
    const lies = liars && (id > 0 || localThreads > 0) && chance(0.4) ? [1, 0.3, 0.05][below(3)]! : 0;
    return {
      id,
      trust: lies === 0 && chance(0.3) ? 'trusted' : 'volunteer',
      perShardMs: chance(0.2) ? perShardMs * 10 : perShardMs + below(5),
      latencyMs: [0.1, 1, 10, 100][below(4)]!,
      lies,
    };
  });
}
