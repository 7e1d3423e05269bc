/** What a seed decides: the fleet, the steps, and how often each fault happens until the chaos ends. */

import type { Random } from '../training/simulation-plan.test.support.ts';
import type { FleetOptions, Trust } from './events.ts';

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
  /** A node takes thirty times as long. */
  readonly slow: number;
  /** Something that nobody asked for: another step, another node. */
  readonly nonsense: number;
}

export interface SimulationPlan {
  readonly options: FleetOptions;
  readonly steps: number;
  readonly shards: number;
  readonly localPerShardMs: number;
  readonly workers: readonly WorkerPlan[];
  readonly faults: Faults;
  readonly chaosMs: number;
}

export function randomSimulation({ below, chance }: Random): SimulationPlan {
  const localThreads = below(3);
  const faultless = chance(0.05);
  const rate = (max: number) => (faultless || chance(0.4) ? 0 : (max * (1 + below(10))) / 10);
  const liars = chance(0.4);
  const perShardMs = 1 + below(20);
  const workers = Array.from({ length: 1 + below(5) }, (_, id): WorkerPlan => {
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
  const auditing = chance(0.7);
  return {
    options: {
      share: chance(0.6) ? 'always' : 'useful',
      localThreads,
      nodesMax: chance(0.8) ? 64 : 1 + below(5),
      sparesMax: chance(0.8) ? 32 : below(3),
      newcomerAudits: auditing ? below(4) : 0,
      auditRate: auditing ? [0, 0.05, 0.3, 1][below(4)]! : 0,
      rememberedMax: 100,
    },
    steps: 10,
    shards: chance(0.5) ? 8 : 1 + below(12),
    localPerShardMs: chance(0.5) ? perShardMs : 1 + below(40),
    workers,
    faults: {
      halfOpen: rate(0.02),
      delay: rate(0.1),
      duplicate: rate(0.1),
      forget: rate(0.1),
      missing: rate(0.1),
      disconnect: rate(0.03),
      crash: rate(0.03),
      pause: rate(0.03),
      slow: rate(0.1),
      nonsense: rate(0.05),
    },
    chaosMs: [0, 1000, 5000, 20_000][below(4)]!,
  };
}
