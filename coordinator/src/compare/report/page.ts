/**
 * report.html of a comparison: what was compared, what came of it, in sentences, curves and a table, on one page that
 * needs nothing else. In: the results, names in them from anywhere; out: HTML that is also well-formed XML. Every
 * number on it is one of results.json.
 */

import { formatCount, formatNumber } from '../../cli/format.ts';
import { element, escapeText } from '../../report/charts/markup.ts';
import { columns, details, facts, figure, htmlPage, paragraph, section, table } from '../../report/html.ts';
import { pageStyle } from '../../report/page-style.ts';
import type { Results } from '../results.ts';
import { strategyOf } from '../strategies.ts';
import { capitalised, plain } from '../text.ts';
import {
  groupName,
  lossBySamples,
  lossBySeconds,
  rateCharts,
  rateCurves,
  targetCharts,
  worthByEpochs,
  worthBySeconds,
} from './charts.ts';
import { rampLook, rampStyle } from './colours.ts';
import { nounOf, targetText } from './figures.ts';
import { allSentences, curvesOverBatch } from './sentences.ts';
import { summaryLine } from './settings.ts';
import { outcomeTable, workTable } from './table.ts';

/** The whole page as text. */
export function comparePage(results: Results): string {
  const { name } = results;
  const curves = rateCurves(results);
  const rates = rateCharts(results).map((chart, i) => figure(chart, `rate-${i}`));
  const sections = [
    section('What the figures say', says(results) + paragraph(HOW_TO_READ, 'note')),
    ...curveSections(results),
    ...targetSection(results),
    section('What synchronization buys', (curves.length > 1 ? legend(curves) : '') + columns(...rates)),
    section('All cells', cells(results)),
    section('What was compared', compared(results)),
    section('Where', where(results)),
    details('Configuration', `<pre>${escapeText(JSON.stringify(results.base, null, 2))}</pre>`),
  ];
  const body = [
    header(results),
    element('main', {}, [summary(results), ...sections].join('\n')),
    element('footer', {}, escapeText(`Comparison of hivegrad. ${REPRODUCIBLE}`)),
  ].join('\n');
  return htmlPage({ title: `${name} · hivegrad`, style: `${pageStyle}\n${rampStyle}`, body });
}

const HOW_TO_READ =
  'Lines and numbers are means over seeds; bands and what follows ± are one standard deviation. Seconds are those of ' +
  'training alone, without the evaluations between epochs.';
const REPRODUCIBLE =
  'But for seconds and rates, the same comparison on the same data gives the same figures.';

function header({ name }: Results): string {
  const title = element('h1', {}, escapeText(name));
  return element('header', {}, `<div><p class="kicker">Comparison of strategies</p>${title}</div>`);
}

/** What was compared, how much of it, and by which learning rates. */
function summary(results: Results): string {
  const { cells, seeds, epochs, policy } = results;
  const counts = [
    [cells.length, 'cell'],
    [seeds.length, 'seed'],
    [epochs, 'epoch'],
  ] as const;
  const sizes = counts.map(([n, what]) => `${n} ${what}${n === 1 ? '' : 's'}`).join(', ');
  return paragraph(`${summaryLine(results)} ${capitalised(sizes)} each. ${policy}`);
}

function says(results: Results): string {
  const items = allSentences(results).map((sentence) =>
    element('li', {}, escapeText(sentence.replaceAll(' %', '\u00a0%'))),
  );
  return items.length === 0
    ? paragraph('No run has ended yet.')
    : element('ul', { class: 'says' }, items.join('\n'));
}

/** Threads change no bits, so cells that differ in them alone share their curves over samples. */
function curveSections(results: Results): readonly string[] {
  const groups = curvesOverBatch(results);
  return groups.map((group, i) => {
    const id = `curve-${i + 1}`;
    const heading = groups.length === 1 ? 'How they learned' : `How they learned: ${groupName(group)}`;
    const first = columns(
      figure(worthByEpochs(results, group), `${id}-epochs`),
      figure(worthBySeconds(results, group), `${id}-seconds`),
      figure(lossBySamples(results, group), `${id}-samples`),
      figure(lossBySeconds(results, group), `${id}-loss-seconds`),
    );
    const looks = group.map((cell, j) => ({ name: nounOf(cell, results), look: rampLook(j) }));
    const how =
      'On the left at equal samples, on the right at equal time. All axes but that of epochs are logarithmic.';
    return section(heading, legend(looks) + first + paragraph(how, 'note'));
  });
}

function legend(entries: readonly { readonly name: string; readonly look: number }[]): string {
  const items = entries.map(({ name, look }) => {
    const stroke = element('line', { x1: 1, y1: 5, x2: 33, y2: 5, class: `line ramp-${look}` });
    const swatch = element('svg', { class: 'chart', viewBox: '0 0 34 10', 'aria-hidden': 'true' }, stroke);
    return element('li', {}, swatch + escapeText(name));
  });
  return element('ul', { class: 'legend' }, items.join('\n'));
}

function targetSection(results: Results): readonly string[] {
  const { target } = results;
  if (target === undefined) return [];
  const charts = targetCharts(results).map((chart, i) => figure(chart, `target-${i}`));
  const how =
    'What counts is the end of the first epoch that met the target; the mean is over the seeds that did.';
  return [section(`What ${targetText(target)} took`, columns(...charts) + paragraph(how, 'note'))];
}

function cells(results: Results): string {
  const how =
    'Updates are those of one run. A synchronization is an update for which the gradients of several samples had to be ' +
    'brought together.';
  return [
    table({ caption: 'What they did', ...workTable(results) }),
    paragraph(how, 'note'),
    table({ caption: 'What came of it', ...outcomeTable(results) }),
  ].join('\n');
}

function compared(results: Results): string {
  const { base, cells, seeds, samples, data, notices } = results;
  const { optimizer, schedule, validationFraction } = base;
  const names = [...new Set(cells.map(({ strategy }) => strategy))];
  const pairs: (readonly [string, string])[] = [
    ['Training samples', formatCount(samples)],
    ['Validation part', validationFraction === 0 ? 'none' : plain(validationFraction)],
    ['Loss', base.model.loss],
    ['Optimizer', optimizer.type],
    ['Schedule', schedule.type],
    ['Seeds', seeds.join(', ')],
  ];
  return [
    paragraph(data),
    paragraph(names.map((name) => capitalised(strategyOf(name).description)).join(' ')),
    facts(pairs),
    ...(notices.length === 0 ? [] : [paragraph(notices.join(' '), 'note')]),
    searches(results),
  ].join('\n');
}

/** The trials of every cell, where the policy was a search. */
function searches({ cells }: Results): string {
  const rows = cells.flatMap(({ id, trials = [], learningRate }) =>
    trials.map((trial) => [
      id,
      plain(trial.learningRate),
      trial.validationLoss === null ? 'diverged' : formatNumber(trial.validationLoss),
      trial.learningRate === learningRate ? 'taken' : '',
    ]),
  );
  if (rows.length === 0) return '';
  const header = ['Cell', 'Learning rate', 'Validation loss', ''];
  return details('The search for learning rates', table({ caption: 'Short runs', header, rows }));
}

function where({ machines, cells }: Results): string {
  if (machines.length === 0) return paragraph('No run has ended yet.', 'note');
  const runsOn = (index: number) =>
    cells.reduce((sum, { runs }) => sum + runs.filter(({ machine }) => machine === index).length, 0);
  const rows = machines.map(({ processor, cores, system, node, hivegrad }, i) => [
    processor,
    system,
    node,
    hivegrad,
    String(cores),
    String(runsOn(i)),
  ]);
  const header = ['Processor', 'System', 'Node', 'hivegrad', 'Cores', 'Runs'];
  const mixed =
    machines.length === 1
      ? ''
      : paragraph(
          'Runs of more than one machine are in these figures: their seconds do not compare.',
          'note',
        );
  return table({ caption: 'What ran on which machine', header, rows, texts: 4 }) + mixed;
}
