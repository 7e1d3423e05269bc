/**
 * What the figures say, in plain sentences. In: the results; out: sentences that follow from their numbers alone, so
 * that other figures say the opposite. A sentence whose figures are not there yet is not said.
 */

import { formatCount, formatDuration } from '../../cli/format.ts';
import type { CellFigures, EpochSummary, Results } from '../results.ts';
import { strategyOf } from '../strategies.ts';
import { capitalised, epochsText, listed, plain } from '../text.ts';
import { distinctCells, finalOf, metricOf, nounOf, targetText } from './figures.ts';

/** A cell that has this share of the highest rate has the rate, for what a person would notice. */
const SATURATED = 0.9;

export function allSentences(results: Results): string[] {
  return [
    ...progressSentences(results),
    ...targetSentences(results),
    ...missedSentences(results),
    ...throughputSentences(results),
    ...qualitySentences(results),
    ...equalTimeSentences(results),
    ...divergedSentences(results),
    ...chanceSentences(results),
  ];
}

/** That the report is of a part. */
export function progressSentences({ cells, seeds, complete }: Results): string[] {
  if (complete) return [];
  const ended = cells.reduce((sum, { runs }) => sum + runs.length, 0);
  const what = ended === 1 ? '1 of' : `${ended} of`;
  return [`So far ${what} ${cells.length * seeds.length} runs have ended; the figures are those of these.`];
}

interface Arrival {
  readonly cell: CellFigures;
  readonly noun: string;
  /** Means over seeds. */
  readonly epochs: number;
  readonly seconds: number;
}

/** What the largest steps that reached the target needed, against the smallest; and who was the fastest. */
export function targetSentences(results: Results): string[] {
  const { target } = results;
  if (target === undefined) return [];
  const goal = targetText(target);
  const reached = arrivals(results);
  const [first] = reached;
  if (first === undefined) return [];
  const ratios = curvesOverBatch(results).flatMap((cells) =>
    ratioSentences(
      reached.filter(({ cell }) => cells.includes(cell)),
      goal,
    ),
  );
  const fastest = reached.reduce((best, one) => (one.seconds < best.seconds ? one : best), first);
  // Of two that needed as many epochs the faster one is named.
  const frugal = reached.reduce((best, one) => (one.epochs < best.epochs ? one : best), fastest);
  const when = ({ epochs, seconds }: Arrival) =>
    `after ${epochsText(epochs)} and ${formatDuration(seconds * 1000)} of training`;
  const shared = reached.some((one) => one !== frugal && one.epochs === frugal.epochs);
  const both = shared
    ? `By the clock ${fastest.noun} reached ${goal} first, ${when(fastest)}; nobody needed fewer epochs.`
    : `${capitalised(fastest.noun)} reached ${goal} first, by epochs and by the clock: ${when(fastest)}.`;
  const who =
    fastest === frugal
      ? both
      : `By the clock ${fastest.noun} reached ${goal} first, ${when(fastest)}; by epochs ${frugal.noun} did, ${when(frugal)}.`;
  return [...ratios, who];
}

/** The cells that reached the target with every seed, in their order. */
function arrivals(results: Results): readonly Arrival[] {
  return results.cells.flatMap((cell) => {
    const { epochs, seconds, reached: n, runs } = cell.target ?? { reached: 0, runs: 0 };
    if (n === 0 || n < runs || epochs === undefined || seconds === undefined) return [];
    return [{ cell, noun: nounOf(cell, results), epochs: epochs.mean, seconds: seconds.mean }];
  });
}

function ratioSentences(reached: readonly Arrival[], goal: string): string[] {
  const [smallest, largest] = [reached[0], reached.at(-1)];
  if (smallest === undefined || largest === undefined || smallest === largest) return [];
  const epochs = times(largest.epochs, smallest.epochs);
  const seconds = times(largest.seconds, smallest.seconds);
  const cost =
    epochs === 1 ? `as many epochs as ${smallest.noun}` : `${epochs} times the epochs of ${smallest.noun}`;
  const gain = seconds === 1 ? 'as much time' : `${seconds} times the seconds`;
  return [`${capitalised(largest.noun)} needed ${cost} to reach ${goal}, and ${gain}.`];
}

/** Who never reached the target: that is no time of zero. */
export function missedSentences(all: Results): string[] {
  const results = distinctCells(all);
  const { target, cells, epochs } = results;
  if (target === undefined) return [];
  const ended = cells.filter((cell) => cell.runs.length > 0 && cell.target !== undefined);
  const never = ended.filter((cell) => cell.target!.reached === 0).map((cell) => nounOf(cell, results));
  const some = ended.filter(({ target: t }) => t!.reached > 0 && t!.reached < t!.runs);
  return [
    ...(never.length === 0
      ? []
      : [`${capitalised(listed(never))} did not reach ${targetText(target)} within ${epochsText(epochs)}.`]),
    ...some.map(
      (cell) =>
        `${capitalised(nounOf(cell, results))} reached ${targetText(target)} with ${cell.target!.reached} of ${cell.target!.runs} seeds.`,
    ),
  ];
}

/** How the rate follows the batch size, in each family of strategies. */
export function throughputSentences(results: Results): string[] {
  return curvesOverBatch(results).flatMap((cells) => {
    const rated = cells.flatMap((cell) => {
      const rate = cell.samplesPerSecond?.mean;
      return rate === undefined ? [] : [{ noun: nounOf(cell, results), rate }];
    });
    const first = rated[0];
    if (first === undefined || rated.length < 2) return [];
    const best = rated.reduce((highest, one) => (one.rate > highest.rate ? one : highest));
    if (best === first) {
      return [
        `Larger steps computed no more samples per second: ${first.noun} had the most, ${rateText(first.rate)}.`,
      ];
    }
    if (first.rate >= SATURATED * best.rate) {
      return [
        `Larger steps computed hardly more samples per second: ${first.noun} had ${rateText(first.rate)}, ${best.noun} the most, ` +
          `${rateText(best.rate)}.`,
      ];
    }
    const enough = rated.find(({ rate }) => rate >= SATURATED * best.rate)!;
    const already =
      enough === best
        ? ''
        : `; ${enough.noun} had ${Math.round((100 * enough.rate) / best.rate)} % of that already`;
    return [
      `Samples per second grew ${times(best.rate, first.rate)} times, from ${rateText(first.rate)} with ${first.noun} to ` +
        `${rateText(best.rate)} with ${best.noun}${already}.`,
    ];
  });
}

/** Who was the best and who the worst at equal samples, and whether seeds differ more than that. */
export function qualitySentences(all: Results): string[] {
  const results = distinctCells(all);
  const metric = metricOf(results);
  const ranked = results.cells
    .flatMap((cell) => {
      const final = finalOf(cell, results);
      const value = final && metric.of(final);
      return value === undefined ? [] : [{ noun: nounOf(cell, results), ...value }];
    })
    .sort((a, b) => (metric.isBetter(a.mean, b.mean) ? -1 : 1));
  const [best, second] = ranked;
  const worst = ranked.at(-1);
  if (best === undefined || second === undefined || worst === undefined) return [];
  const extreme = metric.name === 'test accuracy' ? ['highest', 'lowest'] : ['lowest', 'highest'];
  const sentences = [
    `After ${epochsText(results.epochs)} ${best.noun} had the ${extreme[0]} ${metric.name}, ${metric.text(best.mean)}, and ` +
      `${worst.noun} the ${extreme[1]}, ${metric.text(worst.mean)}.`,
  ];
  const spread = Math.max(best.deviation ?? 0, second.deviation ?? 0);
  if (spread > Math.abs(best.mean - second.mean)) {
    sentences.push(
      `Between ${best.noun} and ${second.noun} chance may have decided: their means are closer than the spread over seeds, ` +
        `${metric.text(spread)}.`,
    );
  }
  return sentences;
}

/** Who had come furthest when the first had done all its epochs. */
export function equalTimeSentences(results: Results): string[] {
  const metric = metricOf(results);
  const finished = results.cells.flatMap((cell) => {
    const final = finalOf(cell, results);
    return final === undefined ? [] : [{ cell, seconds: final.seconds.mean }];
  });
  if (finished.length < 2) return [];
  const first = finished.reduce((best, one) => (one.seconds < best.seconds ? one : best));
  let furthest: { cell: CellFigures; value: number } | undefined;
  for (const { cell } of finished) {
    const value = reachedWithin(cell.epochs, first.seconds, metric.of);
    if (value === undefined) continue;
    if (furthest === undefined || metric.isBetter(value, furthest.value)) furthest = { cell, value };
  }
  if (furthest === undefined) return [];
  const time = `${formatDuration(first.seconds * 1000)} of training`;
  const whole = `The ${epochsText(results.epochs)} took the least time with ${nounOf(first.cell, results)}, ${time}`;
  const end = `${metric.text(furthest.value)} ${metric.name}`;
  return [
    furthest.cell === first.cell
      ? `${whole}, and nobody had come further by then: ${end}.`
      : `${whole}; by then ${nounOf(furthest.cell, results)} had come furthest, to ${end}.`,
  ];
}

export function divergedSentences(all: Results): string[] {
  const results = distinctCells(all);
  return results.cells.flatMap((cell) => {
    const runs = cell.runs.filter(({ outcome }) => outcome === 'diverged');
    if (runs.length === 0) return [];
    const seeds = `seed${runs.length === 1 ? '' : 's'} ${listed(runs.map(({ seed }) => String(seed)))}`;
    const after = listed(runs.map(({ divergedAt = 0 }) => formatCount(divergedAt)));
    return [
      `${capitalised(nounOf(cell, results))} diverged with ${seeds}, after ${after} updates, at learning rate ${plain(cell.learningRate)}.`,
    ];
  });
}

/** One seed shows no spread. */
export function chanceSentences({ seeds }: Results): string[] {
  if (seeds.length > 1) return [];
  return ['Each cell was run with one seed alone, so nothing here tells a difference from chance.'];
}

/** Cells that differ in the batch size alone, from the smallest; those of the first thread count come first. */
export function curvesOverBatch({ cells }: Pick<Results, 'cells'>): readonly (readonly CellFigures[])[] {
  const curves = new Map<string, CellFigures[]>();
  for (const cell of cells) {
    const key = `${strategyOf(cell.strategy).family} ${cell.baseRate} ${cell.threads}`;
    curves.set(key, [...(curves.get(key) ?? []), cell]);
  }
  return [...curves.values()];
}

function reachedWithin(
  epochs: readonly EpochSummary[],
  seconds: number,
  of: (epoch: EpochSummary) => { mean: number } | undefined,
): number | undefined {
  const last = epochs.findLast((epoch) => epoch.seconds.mean <= seconds);
  return last && of(last)?.mean;
}

/** How many times `other` the value is, with two digits. */
function times(value: number, other: number): number {
  return Number((value / other).toPrecision(2));
}

function rateText(rate: number): string {
  return formatCount(Number(rate.toPrecision(3)));
}
