/**
 * A comparison from its document to its report: cells run one after the other, so that none disturbs the clock of
 * another, each in a run directory of its own. In: a comparison and where it is written; out: the results. What an
 * earlier process finished is read, what it began is gone on with, to the same bits.
 */

import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { summarise } from '@hivegrad/shared/model/summary';
import type { TrainEvent } from '../api/train-types.ts';
import type { FileSystem } from '../checkpoint/file-system.ts';
import { formatDuration } from '../cli/format.ts';
import { bindToData } from '../config/bind.ts';
import { loadData } from '../data/load.ts';
import type { Grid } from './cells.ts';
import { cellsOf, configOf } from './cells.ts';
import { resultsCsv } from './csv.ts';
import type { CompareDirectory } from './directory.ts';
import { openCompareDirectory } from './directory.ts';
import type { Comparison } from './document.ts';
import { lookAt, secondsOf } from './estimate.ts';
import type { PlannedRun } from './plan.ts';
import { runName, runsOf } from './plan.ts';
import { comparePage } from './report/page.ts';
import type { CellState, Results } from './results.ts';
import { resultsOf } from './results.ts';
import type { CellRun } from './run-cell.ts';
import { readCellRun, runCell } from './run-cell.ts';
import type { Trial } from './search.ts';
import { bestOf, trialOf } from './search.ts';
import { strategyOf } from './strategies.ts';

export interface CompareSettings {
  readonly out: string;
  /** Replace the comparison that is there. */
  readonly force: boolean;
  /** Of cells, where the comparison names none. */
  readonly threads: number;
  /** Aborting it stops the comparison gracefully: checkpoint, report, result. */
  readonly stop: AbortSignal;
  readonly fs: FileSystem;
  /** How long each cell is looked at to tell how long all take. */
  readonly lookMs: number;
}

export type CompareEvent =
  | { readonly type: 'notice'; readonly sentence: string }
  /** Each of so many cells is looked at to tell how long it takes. */
  | { readonly type: 'looking'; readonly cells: number }
  /** Runs are about to begin; `done` of them had ended before. */
  | {
      readonly type: 'begin';
      readonly cells: number;
      readonly runs: number;
      readonly done: number;
      readonly seconds: number;
    }
  /** A share of the run has been done, of which `seconds` are an estimate. */
  | {
      readonly type: 'progress';
      readonly run: PlannedRun;
      readonly fraction: number;
      readonly seconds: number;
    }
  | { readonly type: 'ended'; readonly run: PlannedRun; readonly result: CellRun; readonly seconds: number };

export interface CompareResult {
  readonly outcome: 'finished' | 'stopped';
  readonly runs: number;
  /** Runs that have ended. */
  readonly done: number;
  readonly results: Results;
}

export const RESULTS_JSON = 'results.json';
export const RESULTS_CSV = 'results.csv';
export const REPORT_HTML = 'report.html';

/** @throws UserError of the COMPARE, CONFIG, DATA and RUN codes, and of the disk */
export async function runCompare(
  comparison: Comparison,
  settings: CompareSettings,
  emit: (event: CompareEvent) => void,
): Promise<CompareResult> {
  const { base, seeds } = comparison;
  const { validationFraction } = base;
  const split = await loadData(base.data, { seed: seeds[0]!, validationFraction });
  const { model } = bindToData(base, split);
  const { threads, fs, force } = settings;
  const grid = cellsOf(comparison, { samples: split.train.samples, threads });
  for (const sentence of grid.notices) emit({ type: 'notice', sentence });
  const dataDigest = [split.train, split.validation, split.test].map((part) => part?.digest ?? '').join('');
  const directory = await openCompareDirectory(settings.out, comparison, { fs, threads, force, dataDigest });
  try {
    const layers = summarise(model);
    return await new Work({ comparison, settings, grid, directory, split, layers, emit }).run();
  } finally {
    await directory.close();
  }
}

interface WorkParts {
  readonly comparison: Comparison;
  readonly settings: CompareSettings;
  readonly grid: Grid;
  readonly directory: CompareDirectory;
  readonly split: DataSplit;
  readonly layers: ReturnType<typeof summarise>;
  readonly emit: (event: CompareEvent) => void;
}

class Work {
  private readonly parts: WorkParts;
  private readonly planned: readonly PlannedRun[];
  /** By cell and run name. */
  private readonly ended = new Map<string, CellRun>();
  /** What a person has been told already. */
  private readonly told = new Set<string>();

  constructor(parts: WorkParts) {
    this.parts = parts;
    this.planned = runsOf(parts.comparison, parts.grid.cells);
  }

  async run(): Promise<CompareResult> {
    const { settings, directory, grid, emit } = this.parts;
    if (directory.resumes) await this.readEnded();
    const left = this.planned.filter((run) => !this.ended.has(keyOf(run)));
    const seconds = await this.estimate(left);
    await directory.begin();
    // Before hours are spent: a report that cannot be written costs nothing.
    await this.writeResults();
    const runs = this.planned.length;
    emit({
      type: 'begin',
      cells: grid.cells.length,
      runs,
      done: runs - left.length,
      seconds: total(seconds),
    });
    for (const run of left) {
      if (settings.stop.aborted) break;
      const own = seconds.get(keyOf(run)) ?? 0;
      const result = await this.train(run, own);
      if (result === undefined) break;
      this.ended.set(keyOf(run), result);
      emit({ type: 'ended', run, result, seconds: own });
      await this.writeResults();
    }
    const done = this.ended.size;
    return { outcome: done === runs ? 'finished' : 'stopped', runs, done, results: this.results() };
  }

  private async readEnded(): Promise<void> {
    const { directory, settings } = this.parts;
    for (const run of this.planned) {
      const path = await directory.runDirectory(run.cell.id, runName(run));
      const result = await readCellRun(settings.fs, path);
      if (result !== undefined) this.ended.set(keyOf(run), result);
    }
  }

  /** Seconds of each run that is left. @throws UserError COMPARE_OVER_BUDGET */
  private async estimate(left: readonly PlannedRun[]): Promise<ReadonlyMap<string, number>> {
    const { comparison, settings, emit } = this.parts;
    const { stop, lookMs } = settings;
    const seconds = new Map<string, number>();
    const cells = new Set(left.map((run) => run.cell));
    if (cells.size > 0) emit({ type: 'looking', cells: cells.size });
    for (const cell of cells) {
      if (stop.aborted) break;
      const config = configOf(comparison, cell, { seed: comparison.seeds[0]! });
      const { threads } = cell;
      const look = await lookAt({ strategy: strategyOf(cell.strategy), config, threads, lookMs, stop });
      for (const run of left) {
        if (run.cell === cell) seconds.set(keyOf(run), secondsOf(look, run.epochs));
      }
    }
    const { budgetSeconds } = comparison;
    if (budgetSeconds !== undefined && total(seconds) > budgetSeconds)
      throw overBudget(left.length, total(seconds), budgetSeconds);
    return seconds;
  }

  private async train(run: PlannedRun, seconds: number): Promise<CellRun | undefined> {
    const { comparison, settings, directory } = this.parts;
    const { cell, seed, factor, epochs } = run;
    const learningRate = factor === undefined ? this.rateOf(run) : cell.learningRate * factor;
    return runCell({
      strategy: strategyOf(cell.strategy),
      config: { ...configOf(comparison, cell, { seed, learningRate }), epochs },
      directory: await directory.runDirectory(cell.id, runName(run)),
      threads: cell.threads,
      fs: settings.fs,
      stop: settings.stop,
      emit: this.narrator(run, seconds),
    });
  }

  private narrator(run: PlannedRun, seconds: number): (event: TrainEvent) => void {
    const { emit } = this.parts;
    let samples = 1;
    return (event) => {
      if (event.type === 'start') samples = event.samples;
      if (event.type === 'notice' && !this.told.has(event.sentence)) {
        this.told.add(event.sentence);
        emit(event);
      }
      if (event.type === 'progress') {
        const epochs = event.epoch - 1 + event.sums.samples / samples;
        emit({ type: 'progress', run, fraction: epochs / run.epochs, seconds });
      }
    };
  }

  private rateOf({ cell }: Pick<PlannedRun, 'cell'>): number {
    const trials = this.trialsOf(cell.id);
    return trials.length === 0 ? cell.learningRate : bestOf(trials).learningRate;
  }

  private trialsOf(cell: string): readonly Trial[] {
    return this.planned.flatMap((run): Trial[] => {
      const result = this.ended.get(keyOf(run));
      if (run.cell.id !== cell || run.factor === undefined || result === undefined) return [];
      return [trialOf(run.factor, run.cell.learningRate * run.factor, result)];
    });
  }

  private results(): Results {
    const { comparison, grid, split, layers } = this.parts;
    const cells = grid.cells.map((cell): CellState => {
      const trials = this.trialsOf(cell.id);
      const runs = this.planned.flatMap((run): [number, CellRun][] => {
        const result = this.ended.get(keyOf(run));
        return run.cell !== cell || run.factor !== undefined || result === undefined
          ? []
          : [[run.seed, result]];
      });
      const learningRate = this.rateOf({ cell });
      return { cell, learningRate, runs: new Map(runs), ...(trials.length > 0 && { trials }) };
    });
    const { description: data, train } = split;
    return resultsOf({ comparison, data, samples: train.samples, layers, notices: grid.notices, cells });
  }

  private async writeResults(): Promise<void> {
    const { directory } = this.parts;
    const results = this.results();
    await directory.write(RESULTS_JSON, `${JSON.stringify(results, null, 1)}\n`);
    await directory.write(RESULTS_CSV, resultsCsv(results));
    await directory.write(REPORT_HTML, comparePage(results));
  }
}

function keyOf(run: PlannedRun): string {
  return `${run.cell.id}/${runName(run)}`;
}

function total(seconds: ReadonlyMap<string, number>): number {
  return [...seconds.values()].reduce((sum, value) => sum + value, 0);
}

function overBudget(runs: number, seconds: number, budget: number): UserError {
  return new UserError(
    'COMPARE_OVER_BUDGET',
    `${runs === 1 ? '1 run' : `${runs} runs`} would take about ${formatDuration(seconds * 1000)} on this machine, and ` +
      `budgetSeconds allows ${formatDuration(budget * 1000)}. Take fewer cells, seeds or epochs, or raise the budget.`,
  );
}
