/**
 * The figures of a comparison, as they stand in results.json: everything that the report shows and the sentences say
 * is read from here. In: cells and their runs so far; out: plain JSON. But for seconds, rates and machines it is a
 * function of the comparison and the data.
 */

import type { LayerSummary } from '@hivegrad/shared/model/summary';
import type { ResolvedConfig } from '../config/resolve.ts';
import type { Cell } from './cells.ts';
import type { Comparison } from './document.ts';
import { policySentence } from './learning-rates.ts';
import type { Curve, Reached } from './measure.ts';
import { curveOf, ratesOf, reachedBy } from './measure.ts';
import type { CellRun } from './run-cell.ts';
import type { Machine } from './run-record.ts';
import type { LearningRatePolicy, Target } from './schema.ts';
import type { Trial } from './search.ts';
import type { Statistic } from './statistics.ts';
import { statisticOf } from './statistics.ts';
import type { StrategyName } from './strategies.ts';
import { strategyOf } from './strategies.ts';

export interface RunFigures extends Curve {
  readonly seed: number;
  readonly outcome: 'finished' | 'diverged';
  /** Steps that were applied before it diverged. */
  readonly divergedAt?: number;
  /** SHA-256 in hex of the weights it ended with. */
  readonly weightsDigest?: string;
  readonly updates: number;
  readonly synchronizations: number;
  /** Of training until the end of the last whole epoch, without evaluations. */
  readonly seconds: number;
  readonly samplesPerSecond?: number;
  readonly updatesPerSecond?: number;
  /** Absent where there is no target, and where it was never reached. */
  readonly reached?: Reached;
  /** Index into `machines`. */
  readonly machine: number;
}

/** The end of an epoch, over the seeds that came so far. */
export interface EpochSummary {
  readonly epoch: number;
  readonly updates: number;
  readonly samples: number;
  readonly seconds: Statistic;
  readonly trainLoss: Statistic;
  readonly testLoss: Statistic;
  readonly testAccuracy?: Statistic;
}

/** Over the seeds that reached the target; `runs` have ended. */
export interface TargetSummary {
  readonly reached: number;
  readonly runs: number;
  readonly epochs?: Statistic;
  readonly samples?: Statistic;
  readonly seconds?: Statistic;
}

export interface CellFigures {
  readonly id: string;
  readonly strategy: StrategyName;
  readonly batchSize: number;
  readonly shardSize: number;
  readonly threads: number;
  readonly baseRate: number;
  readonly learningRate: number;
  /** Where the learning rate was searched for. */
  readonly trials?: readonly Trial[];
  readonly runs: readonly RunFigures[];
  /** Seeds with which it diverged. */
  readonly diverged: number;
  readonly epochs: readonly EpochSummary[];
  readonly samplesPerSecond?: Statistic;
  readonly updatesPerSecond?: Statistic;
  /** Absent where there is no target. */
  readonly target?: TargetSummary;
}

export interface Results {
  readonly version: 1;
  readonly name: string;
  /** One line that says what was read. */
  readonly data: string;
  /** Of the training part. */
  readonly samples: number;
  readonly layers: readonly LayerSummary[];
  /** What all cells share; batchSize, shardSize, seed and the learning rate are the cells' own. */
  readonly base: ResolvedConfig;
  readonly epochs: number;
  readonly seeds: readonly number[];
  readonly learningRatePolicy: LearningRatePolicy;
  /** The policy in a sentence. */
  readonly policy: string;
  readonly target?: Target;
  /** What was merged or looks unintended. */
  readonly notices: readonly string[];
  /** Whether all runs have ended. */
  readonly complete: boolean;
  readonly machines: readonly Machine[];
  readonly cells: readonly CellFigures[];
}

/** A cell as far as it has come. */
export interface CellState {
  readonly cell: Cell;
  /** As it is after a search. */
  readonly learningRate: number;
  readonly trials?: readonly Trial[];
  readonly runs: ReadonlyMap<number, CellRun>;
}

export interface ResultsInput {
  readonly comparison: Comparison;
  readonly data: string;
  readonly samples: number;
  readonly layers: readonly LayerSummary[];
  readonly notices: readonly string[];
  readonly cells: readonly CellState[];
}

export function resultsOf({ comparison, data, samples, layers, notices, cells }: ResultsInput): Results {
  const { name, base, epochs, seeds, learningRatePolicy, learningRates, target } = comparison;
  const machines: Machine[] = [];
  const machineOf = (machine: Machine) => {
    const text = JSON.stringify(machine);
    const at = machines.findIndex((known) => JSON.stringify(known) === text);
    return at >= 0 ? at : machines.push(machine) - 1;
  };
  return {
    version: 1,
    name,
    data,
    samples,
    layers,
    base,
    epochs,
    seeds,
    learningRatePolicy,
    policy: policySentence(learningRatePolicy, learningRates),
    ...(target && { target }),
    notices,
    complete: cells.every(({ runs }) => seeds.every((seed) => runs.has(seed))),
    cells: cells.map((state) => figuresOf(state, { seeds, samples, target, machineOf })),
    // Filled in by the line above.
    machines,
  };
}

interface Context {
  readonly seeds: readonly number[];
  readonly samples: number;
  readonly target: Target | undefined;
  readonly machineOf: (machine: Machine) => number;
}

function figuresOf({ cell, learningRate, trials, runs }: CellState, context: Context): CellFigures {
  const { seeds, target } = context;
  const figures = seeds.flatMap((seed): RunFigures[] => {
    const run = runs.get(seed);
    return run === undefined ? [] : [runFigures(cell, seed, { run, context })];
  });
  const samplesPerSecond = statisticOf(defined(figures.map((run) => run.samplesPerSecond)));
  const updatesPerSecond = statisticOf(defined(figures.map((run) => run.updatesPerSecond)));
  const { id, strategy, batchSize, shardSize, threads, baseRate } = cell;
  return {
    id,
    strategy,
    batchSize,
    shardSize,
    threads,
    baseRate,
    learningRate,
    ...(trials && { trials }),
    diverged: figures.filter(({ outcome }) => outcome === 'diverged').length,
    ...(samplesPerSecond && { samplesPerSecond }),
    ...(updatesPerSecond && { updatesPerSecond }),
    ...(target && { target: targetSummary(figures) }),
    epochs: epochSummaries(figures),
    runs: figures,
  };
}

function runFigures(
  cell: Cell,
  seed: number,
  { run, context }: { run: CellRun; context: Context },
): RunFigures {
  const { record, metrics } = run;
  const { batchSize, strategy } = cell;
  const curve = curveOf(metrics, { samples: context.samples, batchSize });
  const last = curve.losses.at(-1);
  const updates = record.outcome === 'diverged' ? record.step : (last?.updates ?? 0);
  const reached = context.target === undefined ? undefined : reachedBy(curve, context.target);
  return {
    seed,
    outcome: record.outcome,
    ...(record.outcome === 'diverged'
      ? { divergedAt: record.step }
      : { weightsDigest: record.weightsDigest }),
    updates,
    synchronizations: strategyOf(strategy).synchronizations(updates, batchSize),
    seconds: curve.epochs.at(-1)?.seconds ?? 0,
    ...ratesOf(curve),
    ...(reached && { reached }),
    machine: context.machineOf(record.machine),
    ...curve,
  };
}

function targetSummary(runs: readonly RunFigures[]): TargetSummary {
  const reached = defined(runs.map((run) => run.reached));
  const over = (value: (reached: Reached) => number) => statisticOf(reached.map(value));
  const [epochs, samples, seconds] = [
    over((at) => at.epochs),
    over((at) => at.samples),
    over((at) => at.seconds),
  ];
  return {
    reached: reached.length,
    runs: runs.length,
    ...(epochs && { epochs }),
    ...(samples && { samples }),
    ...(seconds && { seconds }),
  };
}

function epochSummaries(runs: readonly RunFigures[]): EpochSummary[] {
  const longest = runs.reduce<RunFigures | undefined>(
    (best, run) => (run.epochs.length > (best?.epochs.length ?? 0) ? run : best),
    undefined,
  );
  return (longest?.epochs ?? []).map(({ epoch, updates, samples }, i) => {
    const points = defined(runs.map((run) => run.epochs[i]));
    const over = (value: (point: (typeof points)[number]) => number) => statisticOf(points.map(value))!;
    const accuracy = statisticOf(defined(points.map((point) => point.testAccuracy)));
    return {
      epoch,
      updates,
      samples,
      seconds: over((point) => point.seconds),
      trainLoss: over((point) => point.trainLoss),
      testLoss: over((point) => point.testLoss),
      ...(accuracy && { testAccuracy: accuracy }),
    };
  });
}

function defined<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
