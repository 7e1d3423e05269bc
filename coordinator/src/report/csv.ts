/**
 * metrics.csv: the records of a run as a table for spreadsheets and data frames. One row per record under one
 * header, as RFC 4180 has it (lines end with CR LF); a cell is empty where the record says nothing. Numbers are
 * written as in metrics.jsonl, with a point and all their digits.
 */

import type { MetricsRecord } from '../metrics/record.ts';

const columns = [
  'step',
  'epoch',
  'kind',
  'seconds',
  'learningRate',
  'loss',
  'accuracy',
  'validationLoss',
  'validationAccuracy',
  'testLoss',
  'testAccuracy',
] as const;

export const csvHeader = csvLine(columns);

/** One line; `loss` and `accuracy` of an epoch are those of its training samples. */
export function csvRow(record: MetricsRecord): string {
  const { step, epoch, kind, seconds } = record;
  const rate = record.kind === 'train' ? record.learningRate : undefined;
  const parts = record.kind === 'train' ? [record] : [record.train, record.validation, record.test];
  const means = [0, 1, 2].flatMap((part) => [parts[part]?.loss, parts[part]?.accuracy]);
  return csvLine([step, epoch, kind, seconds, rate, ...means]);
}

/** Cells with a comma, a quote or a line break are quoted, and quotes inside doubled. */
export function csvLine(cells: readonly (string | number | undefined)[]): string {
  const texts = cells.map((cell) => {
    const text = cell === undefined ? '' : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${texts.join(',')}\r\n`;
}
