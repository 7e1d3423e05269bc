/** An evaluation as tables for a terminal, at most 100 columns wide where names are of a usual length. */

import { formatCount, formatNumber, formatPercent, formatTable } from '../cli/format.ts';
import type { BinaryEvaluation } from './binary.ts';
import type { ClassesEvaluation, ClassScore } from './classes.ts';
import type { Evaluation } from './evaluation.ts';
import type { ValuesEvaluation } from './values.ts';

export interface EvaluationTextOptions {
  /** Where all of it can be read, for tables that are too long for a terminal; for example a path. */
  readonly whole?: string;
  /** Columns of the terminal; default 100. */
  readonly columns?: number;
}

const COLUMNS = 100;
/** More classes than this are not listed one by one. */
const CLASSES_MAX = 20;
const WORST_CLASSES = 10;
const CONFUSIONS = 5;
const NAME_MAX = 24;
const NAME_MIN = 6;

/** Tables with a line above each that says what it shows, without a line feed at the end. */
export function evaluationText(evaluation: Evaluation, options: EvaluationTextOptions = {}): string {
  switch (evaluation.kind) {
    case 'classes':
      return classesText(evaluation, options);
    case 'binary':
      return binaryText(evaluation);
    case 'values':
      return valuesText(evaluation);
  }
}

function classesText(evaluation: ClassesEvaluation, options: EvaluationTextOptions): string {
  const { accuracy, macro, classes, samples } = evaluation;
  const many = classes.length > CLASSES_MAX;
  const head =
    `accuracy ${formatPercent(accuracy)} on ${formatCount(samples)} samples\nmeans over the classes: precision ` +
    `${formatPercent(macro.precision)}, recall ${formatPercent(macro.recall)}, F1 ${formatPercent(macro.f1)}`;
  const matrix = many ? undefined : matrixText(evaluation, options.columns ?? COLUMNS);
  const shown = many ? worst(classes) : classes;
  const title = many ? `\nThe ${shown.length} classes of ${classes.length} with the lowest F1:` : '';
  const parts = [head, ...(matrix === undefined ? [] : [`\n${matrix}`]), `${title}\n${classTable(shown)}`];
  const confusions = confusionText(evaluation);
  if (confusions !== '') parts.push(`\n${confusions}`);
  if (many && options.whole !== undefined) parts.push(`\nAll classes: ${options.whole}`);
  return parts.join('\n');
}

/** Undefined where the matrix is wider than the terminal. */
function matrixText({ classes, matrix }: ClassesEvaluation, columns: number): string | undefined {
  if (matrix === undefined) return undefined;
  const short = classes.every(({ name }) => textLength(name) <= 5);
  const heads = classes.map(({ name }, i) => (short ? name : String(i)));
  const cells = matrix.map((row) => row.map((count) => (count === 0 ? '.' : formatCount(count))));
  const width = heads.reduce((sum, head, column) => {
    return sum + 2 + Math.max(textLength(head), ...cells.map((row) => row[column]?.length ?? 0));
  }, 0);
  const room = Math.min(NAME_MAX, columns - width);
  if (room < NAME_MIN) return undefined;
  const labels = classes.map(({ name }, i) => shorten(short ? name : `${i} ${name}`, room));
  const rows = cells.map((row, i) => [labels[i] ?? '', ...row]);
  const table = formatTable([['', ...heads], ...rows], ['left', ...heads.map(() => 'right' as const)]);
  return `Confusion matrix (row: true class, column: predicted class):\n${table}`;
}

/** Of equal ones the earlier class. A class without samples has nothing to be judged by. */
function worst(classes: readonly ClassScore[]): readonly ClassScore[] {
  return classes
    .filter(({ support }) => support > 0)
    .sort((a, b) => (a.f1 ?? 0) - (b.f1 ?? 0))
    .slice(0, WORST_CLASSES);
}

function classTable(classes: readonly ClassScore[]): string {
  const rows = classes.map(({ name, precision, recall, f1, support }) => [
    shorten(name, NAME_MAX * 2),
    ...[precision, recall, f1].map(percentOrNone),
    formatCount(support),
  ]);
  return formatTable(
    [['Class', 'Precision', 'Recall', 'F1', 'Samples'], ...rows],
    ['left', 'right', 'right', 'right', 'right'],
  );
}

function confusionText({ confusions }: ClassesEvaluation): string {
  const lines = confusions
    .slice(0, CONFUSIONS)
    .map(({ truth, prediction, count, share }) => [
      `${shorten(truth, NAME_MAX)} taken for ${shorten(prediction, NAME_MAX)}`,
      formatCount(count),
      `(${formatPercent(share)} of the class)`,
    ]);
  return lines.length === 0
    ? ''
    : `Most frequent mistakes:\n${formatTable(lines, ['left', 'right', 'left'])}`;
}

function binaryText({ samples, accuracy, logLoss, outputs }: BinaryEvaluation): string {
  const head = `accuracy ${formatPercent(accuracy)}, log loss ${formatNumber(logLoss)} on ${formatCount(samples)} samples`;
  const rows = outputs.map((output) => [
    shorten(output.name, NAME_MAX),
    formatPercent(output.accuracy),
    output.auc === null ? '-' : output.auc.toFixed(4),
    ...[output.precision, output.recall, output.f1].map(percentOrNone),
    formatNumber(output.logLoss),
    formatCount(output.positives),
  ]);
  const header = ['Output', 'Accuracy', 'AUC', 'Precision', 'Recall', 'F1', 'Log loss', 'Positive'];
  return `${head}\n\n${formatTable([header, ...rows], ['left', ...header.slice(1).map(() => 'right' as const)])}`;
}

function valuesText({ samples, overall, targets }: ValuesEvaluation): string {
  const row = ({ rmse, mae, r2 }: { rmse: number; mae: number; r2: number | null }) => [
    formatNumber(rmse),
    formatNumber(mae),
    r2 === null ? '-' : r2.toFixed(4),
  ];
  const rows = targets.map((target) => [shorten(target.name, NAME_MAX * 2), ...row(target)]);
  if (targets.length > 1) rows.push(['all', ...row(overall)]);
  const table = formatTable([['Target', 'RMSE', 'MAE', 'R²'], ...rows], ['left', 'right', 'right', 'right']);
  return `errors on ${formatCount(samples)} samples\n\n${table}`;
}

function percentOrNone(value: number | null): string {
  return value === null ? '-' : formatPercent(value);
}

function textLength(text: string): number {
  return Array.from(text).length;
}

/** At most `length` characters, the last an ellipsis where some were left out. */
function shorten(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
