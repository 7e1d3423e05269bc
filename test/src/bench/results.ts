/**
 * What a contest found, row by row, and what may be said about it. Pure: entries go in, figures come out. A figure
 * counts only if its contestant really trained: from the loss that everybody starts with to another one, which is not larger.
 */

import { median, spread } from 'hivegrad/bench/measure';
import { type Group, SKIPPING } from './contestants.ts';

export interface Entry {
  /** `GEMM`, `W1` ... */
  readonly row: string;
  readonly contestant: string;
  readonly group: Group;
  /** What it said of itself: name, version, setting. */
  readonly description: string;
  /** Per second, in the row's unit, one for each window. */
  readonly runs: readonly number[];
  readonly lossBefore: number | undefined;
  readonly lossAfter: number | undefined;
  /** Why it could not take part, or not to the end. */
  readonly failure: string | undefined;
}

export interface RowInfo {
  readonly row: string;
  readonly description: string;
  readonly unit: string;
}

export interface Figure {
  readonly contestant: string;
  readonly group: Group;
  readonly description: string;
  /** The median, or undefined where `problem` says why there is none. */
  readonly rate: number | undefined;
  readonly spread: number | undefined;
  readonly problem: string | undefined;
}

export interface Result extends RowInfo {
  readonly figures: readonly Figure[];
  readonly best: { readonly ours: Figure | undefined; readonly javascript: Figure | undefined };
  /** Ours at its best over the JavaScript peers at their best. */
  readonly ratio: number | undefined;
}

/** Losses before the first step may differ by this fraction, from the order of sums. */
const START_TOLERANCE = 1e-3;

/** After few steps on single samples the loss may be a little higher; what does not train stands still or explodes. */
const NOISE = 1.1;

export function resultOf(info: RowInfo, entries: readonly Entry[]): Result {
  const own = entries.filter(({ row }) => row === info.row);
  const start = own.find(({ group, lossBefore }) => group === 'ours' && lossBefore !== undefined)?.lossBefore;
  const figures = own.map((entry): Figure => {
    const { contestant, group, description, runs } = entry;
    const problem = problemOf(entry, start);
    const counts = problem === undefined;
    return {
      contestant,
      group,
      description,
      rate: counts ? median(runs) : undefined,
      spread: counts ? spread(runs) : undefined,
      problem,
    };
  });
  const ours = fastest(figures, 'ours');
  const javascript = fastest(figures, 'javascript');
  const ratio =
    ours?.rate === undefined || javascript?.rate === undefined ? undefined : ours.rate / javascript.rate;
  return { ...info, figures, best: { ours, javascript }, ratio };
}

function problemOf(entry: Entry, start: number | undefined): string | undefined {
  const { failure, runs, lossBefore, lossAfter } = entry;
  if (failure !== undefined) return `not here: ${failure}`;
  if (runs.length === 0) return 'not here: it measured nothing';
  if (start === undefined) return undefined;
  if (lossBefore === undefined || lossAfter === undefined) return 'not counted: it says no loss';
  if (!(Math.abs(lossBefore - start) <= START_TOLERANCE * start)) {
    return `not counted: its loss begins at ${lossBefore}, not at ${start}, so it is another network`;
  }
  if (lossAfter === lossBefore || !(lossAfter < lossBefore * NOISE)) {
    return `not counted: its loss went from ${lossBefore} to ${lossAfter}, so it does not train`;
  }
  return undefined;
}

function fastest(figures: readonly Figure[], group: Group): Figure | undefined {
  // Who leaves out work is shown, but not compared with those who do all of it.
  const rated = figures.filter(
    (figure) =>
      figure.group === group && figure.rate !== undefined && !figure.contestant.startsWith(SKIPPING),
  );
  return rated.reduce<Figure | undefined>(
    (best, figure) => (best === undefined || figure.rate! > best.rate! ? figure : best),
    undefined,
  );
}
