/** The part of a report that shows an evaluation: pictures and tables for each kind. */

import { formatCount, formatNumber, formatPercent } from '../cli/format.ts';
import type { BinaryEvaluation } from '../metrics/binary.ts';
import type { ClassesEvaluation } from '../metrics/classes.ts';
import type { Evaluation } from '../metrics/evaluation.ts';
import type { ValueScore, ValuesEvaluation } from '../metrics/values.ts';
import { barChart } from './charts/bar-chart.ts';
import { heatMap } from './charts/heat-map.ts';
import { lineChart } from './charts/line-chart.ts';
import { scatter } from './charts/scatter.ts';
import { columns, details, figure, paragraph, table } from './html.ts';

/** More classes than this need the whole width for their matrix. */
const NARROW_CLASSES_MAX = 20;
const MISTAKES = 10;
const SCATTERS_MAX = 6;
const ROC_CURVES_MAX = 4;

export function resultsOf(evaluation: Evaluation): string {
  switch (evaluation.kind) {
    case 'classes':
      return classesResults(evaluation);
    case 'binary':
      return binaryResults(evaluation);
    case 'values':
      return valuesResults(evaluation);
  }
}

function classesResults(evaluation: ClassesEvaluation): string {
  const { classes, macro, matrix, samples, accuracy } = evaluation;
  const intro =
    `${formatPercent(accuracy)} of ${formatCount(samples)} samples are right. Plain means over the classes: precision ` +
    `${formatPercent(macro.precision)}, recall ${formatPercent(macro.recall)}, F1 ${formatPercent(macro.f1)}.`;
  const rows = classes.map(({ name, precision, recall, f1, support }) => [
    name,
    ...[precision, recall, f1].map(percentOrNone),
    formatCount(support),
  ]);
  const scores = table({
    caption: 'Scores of each class',
    header: ['Class', 'Precision', 'Recall', 'F1', 'Samples'],
    rows,
  });
  const wide = classes.length > NARROW_CLASSES_MAX;
  const map =
    matrix === undefined
      ? ''
      : figure(confusionMatrix(evaluation, matrix, wide ? 1000 : 480), 'confusion', { wide });
  if (wide) return paragraph(intro) + map + mistakes(evaluation) + details('Scores of each class', scores);
  return paragraph(intro) + columns(map, `<div>${scores}${mistakes(evaluation)}</div>`);
}

function confusionMatrix(
  { classes, accuracy }: ClassesEvaluation,
  matrix: readonly (readonly number[])[],
  width: number,
) {
  return heatMap({
    title: 'Confusion matrix',
    description: `Each row is a true class, each column a predicted one. ${formatPercent(accuracy)} lie on the diagonal.`,
    names: classes.map(({ name }) => name),
    matrix,
    rowLabel: 'true class',
    columnLabel: 'predicted class',
    width,
  });
}

function mistakes({ confusions }: ClassesEvaluation): string {
  const shown = confusions.slice(0, MISTAKES);
  const [most] = shown;
  if (most === undefined) return '';
  const chart = barChart({
    title: 'Most frequent mistakes',
    description: `Most often, ${formatCount(most.count)} times, ${most.truth} was taken for ${most.prediction}.`,
    groups: shown.map(({ truth, prediction, count }) => ({
      name: `${truth} as ${prediction}`,
      values: [count],
    })),
    looks: [2],
    format: formatCount,
  });
  return figure(chart, 'mistakes');
}

function binaryResults(evaluation: BinaryEvaluation): string {
  const { outputs, samples, accuracy, logLoss } = evaluation;
  const intro = `${formatPercent(accuracy)} of ${formatCount(samples)} samples are right; log loss ${formatNumber(logLoss)}.`;
  const rows = outputs.map((output) => [
    output.name,
    formatPercent(output.accuracy),
    output.auc === null ? 'none' : output.auc.toFixed(4),
    ...[output.precision, output.recall, output.f1].map(percentOrNone),
    formatNumber(output.logLoss),
  ]);
  const scores = table({
    caption: 'Scores at the threshold 0.5',
    header: ['Output', 'Accuracy', 'AUC', 'Precision', 'Recall', 'F1', 'Log loss'],
    rows,
  });
  const counts = table({
    caption: 'Counts at the threshold 0.5',
    header: ['Output', 'True positives', 'False positives', 'True negatives', 'False negatives'],
    rows: outputs.map(({ name, positives, negatives, truePositives, falsePositives }) => [
      name,
      ...[truePositives, falsePositives, negatives - falsePositives, positives - truePositives].map(
        formatCount,
      ),
    ]),
  });
  return paragraph(intro) + columns(rocFigure(evaluation), `<div>${scores}${counts}</div>`);
}

function rocFigure({ outputs }: BinaryEvaluation): string {
  const curved = outputs.filter(({ auc }) => auc !== null).slice(0, ROC_CURVES_MAX);
  if (curved.length === 0) return '';
  const areas = curved.map(({ name, auc }) => `${name} ${auc?.toFixed(4)}`).join(', ');
  const chart = lineChart({
    title: `ROC curve${curved.length === 1 ? `, area ${curved[0]?.auc?.toFixed(4)}` : 's'}`,
    description: `True positive rate against false positive rate over all thresholds. Area under the curve: ${areas}.`,
    xLabel: 'false positive rate',
    yLabel: 'true positive rate',
    xRange: [0, 1],
    yRange: [0, 1],
    height: 400,
    series: curved.map(({ name, roc }) => ({
      name,
      points: roc.map(
        ({ falsePositiveRate, truePositiveRate }) => [falsePositiveRate, truePositiveRate] as const,
      ),
    })),
    reference: [
      [0, 0],
      [1, 1],
    ],
  });
  return figure(chart, 'roc');
}

function valuesResults({ samples, targets, overall }: ValuesEvaluation): string {
  const rows = targets.map((target) => [target.name, ...valueCells(target)]);
  if (targets.length > 1) rows.push(['all', ...valueCells(overall)]);
  const scores = table({
    caption: `Errors on ${formatCount(samples)} samples, in the unit of the targets`,
    header: ['Target', 'RMSE', 'MAE', 'R²'],
    rows,
    ...(targets.length > 1 && { strong: targets.length }),
  });
  const plots = targets
    .slice(0, SCATTERS_MAX)
    .map((target, i) => figure(predictedAgainstTrue(target), `scatter-${i}`));
  return columns(...plots, scores);
}

function predictedAgainstTrue({ name, points, rmse, r2 }: ValueScore) {
  const fit = `RMSE ${formatNumber(rmse)}${r2 === null ? '' : `, R² ${r2.toFixed(4)}`}`;
  return scatter({
    title: `${name}: ${fit}`,
    description: `Predicted against true ${name}, ${formatCount(points.length)} samples; on the diagonal both are equal. ${fit}.`,
    xLabel: 'true value',
    yLabel: 'predicted value',
    points,
  });
}

function valueCells({ rmse, mae, r2 }: Pick<ValueScore, 'rmse' | 'mae' | 'r2'>): string[] {
  return [formatNumber(rmse), formatNumber(mae), r2 === null ? 'none' : r2.toFixed(4)];
}

function percentOrNone(value: number | null): string {
  return value === null ? 'none' : formatPercent(value);
}
