/**
 * report.html: what a run was, how it went and what came of it, on one page that needs nothing else: no script, no
 * request, readable in a browser and on paper. In: plain data, names in it from anywhere; out: HTML that is also
 * well-formed XML. The page is a function of its input: it reads no clock.
 */

import type { Loss } from '@hivegrad/shared/model/spec';
import type { LayerSummary } from '@hivegrad/shared/model/summary';
import type { ClippingSpec, OptimizerSpec, ScheduleSpec } from '@hivegrad/shared/optim/spec';
import { formatCount, formatDuration, formatNumber, formatPercent } from '../cli/format.ts';
import type { Evaluation } from '../metrics/evaluation.ts';
import { type EpochRecord, epochsOf, type MetricsRecord, trainingClock } from '../metrics/record.ts';
import { element, escapeText } from './charts/markup.ts';
import { curves, epochTable } from './curves.ts';
import { columns, details, facts, figure, htmlPage, paragraph, section, table } from './html.ts';
import { pageStyle } from './page-style.ts';
import { resultsOf } from './results.ts';
import { settingsOf } from './settings.ts';

export interface ReportInput {
  readonly name: string;
  /** All of the run, in order. */
  readonly records: readonly MetricsRecord[];
  /** Of the weights of `weightsDigest`. */
  readonly evaluation?: Evaluation;
  /** What `evaluation` was made on; default `test`. */
  readonly evaluatedPart?: 'train' | 'validation' | 'test';
  /** SHA-256 in hex. */
  readonly weightsDigest: string;
  readonly layers: readonly LayerSummary[];
  readonly loss: Loss;
  readonly optimizer: OptimizerSpec;
  readonly schedule?: ScheduleSpec;
  readonly clipping?: ClippingSpec;
  readonly batchSize: number;
  readonly shardSize: number;
  readonly seed: number;
  /** As configured; a run may have ended before. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** One line about what was read. */
  readonly data: string;
  readonly outcome: 'finished' | 'stopped' | 'stoppedEarly';
  /** The epoch whose weights these are, where early stopping chose one. */
  readonly bestEpoch?: number;
  /** The resolved configuration, as JSON. */
  readonly config: unknown;
  /** Where and when: names and values, such as ["Processor", "..."]. */
  readonly place: readonly (readonly [name: string, value: string])[];
}

/** The whole page as text. */
export function reportPage(input: ReportInput): string {
  const { name, records, evaluation } = input;
  const charts = curves(records, { stepsPerEpoch: input.stepsPerEpoch, bestEpoch: input.bestEpoch });
  const figures = charts.map((chart, i) => figure(chart, `curve-${i + 1}`));
  const body = [
    header(input),
    tiles(input),
    digestLine(input),
    ...(figures.length === 0 ? [] : [section('How it learned', columns(...figures) + allEpochs(input))]),
    ...(evaluation === undefined ? [] : [section(resultsHeading(input), resultsOf(evaluation))]),
    section('What was trained', settingsOf(input)),
    section('Where and when', facts(input.place)),
    details('Configuration', `<pre>${escapeText(JSON.stringify(input.config, null, 2))}</pre>`),
    element('footer', {}, escapeText(`Report of hivegrad. ${REPRODUCIBLE}`)),
  ].join('\n');
  return htmlPage({ title: `${name} · hivegrad`, style: pageStyle, body });
}

const REPRODUCIBLE =
  'The same configuration, data and seed give weights of the same digest, on any number of threads.';

const outcomes = {
  finished: 'Finished',
  stopped: 'Stopped before its end',
  stoppedEarly: 'Ended by early stopping',
} as const;

/** The end of the epoch whose weights these are. */
function decisiveEpoch({ records, bestEpoch }: ReportInput): EpochRecord | undefined {
  const epochs = epochsOf(records);
  return epochs.find(({ epoch }) => epoch === bestEpoch) ?? epochs.at(-1);
}

function header(input: ReportInput): string {
  const [value, what] = headline(input);
  const title = `<div><p class="kicker">Training run</p>${element('h1', {}, escapeText(input.name))}</div>`;
  const result = `<p class="headline"><b>${escapeText(value)}</b> <span>${escapeText(what)}</span></p>`;
  return element('header', {}, title + result);
}

function headline(input: ReportInput): readonly [value: string, what: string] {
  const { evaluation, evaluatedPart = 'test' } = input;
  const part = evaluatedPart === 'train' ? 'training' : evaluatedPart;
  if (evaluation?.kind === 'values') {
    const what = evaluation.targets.length === 1 ? (evaluation.targets[0]?.name ?? '') : 'all targets';
    return [formatNumber(evaluation.overall.rmse), `${part} RMSE, ${what}`];
  }
  if (evaluation !== undefined) return [formatPercent(evaluation.accuracy), `${part} accuracy`];
  const test = decisiveEpoch(input)?.test;
  if (test === undefined) return ['-', 'no epoch has ended yet'];
  return test.accuracy === undefined
    ? [formatNumber(test.loss), 'test loss']
    : [formatPercent(test.accuracy), 'test accuracy'];
}

function tiles(input: ReportInput): string {
  const { records, epochs, bestEpoch, layers, evaluation } = input;
  const ends = epochsOf(records);
  const clock = trainingClock();
  const seconds = records.reduce((_, record) => clock(record), 0);
  const test = decisiveEpoch(input)?.test;
  const pairs: (readonly [string, string])[] = [];
  if (evaluation?.kind === 'values' && evaluation.overall.r2 !== null)
    pairs.push(['R²', evaluation.overall.r2.toFixed(4)]);
  if (evaluation?.kind === 'binary' && evaluation.outputs.length === 1)
    pairs.push(['Area under ROC', evaluation.outputs[0]?.auc?.toFixed(4) ?? 'none']);
  if (test !== undefined) pairs.push(['Test loss', formatNumber(test.loss)]);
  const done = ends.at(-1)?.epoch ?? 0;
  pairs.push([
    'Epochs',
    done === epochs ? formatCount(done) : `${formatCount(done)} of ${formatCount(epochs)}`,
  ]);
  if (bestEpoch !== undefined) pairs.push(['Best epoch', formatCount(bestEpoch)]);
  pairs.push(['Steps', formatCount(records.at(-1)?.step ?? 0)]);
  pairs.push(['Parameters', formatCount(layers.reduce((sum, { parameters }) => sum + parameters, 0))]);
  pairs.push(['Time of training', formatDuration(seconds * 1000)]);
  const items = pairs.map(
    ([name, value]) =>
      `<div>${element('dt', {}, escapeText(name))}${element('dd', {}, escapeText(value))}</div>`,
  );
  return element('dl', { class: 'tiles' }, items.join(''));
}

function digestLine({ outcome, weightsDigest }: ReportInput): string {
  const digest = element('code', {}, escapeText(weightsDigest));
  return `<p class="digest note">${escapeText(outcomes[outcome])}. Weights sha256 ${digest}</p>`;
}

function allEpochs({ records, bestEpoch }: ReportInput): string {
  const epochs = epochsOf(records);
  if (epochs.length === 0) return paragraph('No epoch has ended yet.', 'note');
  const strong = epochs.findIndex(({ epoch }) => epoch === bestEpoch);
  const caption =
    bestEpoch === undefined ? 'Means of each epoch' : `Means of each epoch; the best is ${bestEpoch}`;
  const content = table({ caption, ...epochTable(epochs), ...(strong >= 0 && { strong }) });
  return details('All epochs', content);
}

function resultsHeading({ evaluatedPart = 'test' }: ReportInput): string {
  const names = { train: 'training', validation: 'validation', test: 'test' };
  return `Results on the ${names[evaluatedPart]} samples`;
}
