/**
 * What a network answered as text, row by row: CSV, or a JSON object a line. In: rows of outputs (probabilities under
 * the cross-entropies, else values in the units of training); out: bytes. Millions of numbers a second pass through
 * here, so probabilities are written digit by digit into one buffer.
 */

import type { TargetEncoding } from '@hivegrad/shared/data/dataset';
import type { Loss } from '@hivegrad/shared/model/spec';

export const OUTPUT_FORMATS = ['csv', 'jsonl'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface AnswerText {
  /** The first line, where the format has one. */
  readonly header: string;
  /** The lines of `samples` rows; valid until the next call. */
  lines(rows: Float32Array, samples: number): Uint8Array;
}

/** Decimals of a probability. */
const DECIMALS = 6;
const MILLION = 1_000_000;
/** Significant digits of a value: a float32 has seven. */
const DIGITS = 7;

/** How answers are written that `target` names and that a network with `loss` gives. */
export function answerText(format: OutputFormat, loss: Loss, target: TargetEncoding): AnswerText {
  const names = target.names;
  switch (loss) {
    case 'softmaxCrossEntropy':
      return format === 'csv' ? classesCsv(names) : classesJson(names);
    case 'binaryCrossEntropy':
      return format === 'csv' ? chancesCsv(names) : chancesJson(names);
    case 'squaredError':
      return valuesText(format, target);
  }
}

function classesCsv(names: readonly string[]): AnswerText {
  return rowText({
    header: ['prediction', ...names.map((name) => csvCell(`p_${name}`))].join(','),
    width: names.length,
    before: names.map(csvCell),
    between: names.map(() => ','),
    after: '',
    choose: largest,
  });
}

function classesJson(names: readonly string[]): AnswerText {
  return rowText({
    header: '',
    width: names.length,
    before: names.map((name) => `{"prediction":${JSON.stringify(name)},"probabilities":{`),
    between: names.map((name, i) => `${i === 0 ? '' : ','}${JSON.stringify(name)}:`),
    after: '}}',
    choose: largest,
  });
}

function chancesCsv(names: readonly string[]): AnswerText {
  return rowText({
    header: names.map((name) => csvCell(`p_${name}`)).join(','),
    width: names.length,
    before: [''],
    between: names.map((_, i) => (i === 0 ? '' : ',')),
    after: '',
    choose: () => 0,
  });
}

function chancesJson(names: readonly string[]): AnswerText {
  return rowText({
    header: '',
    width: names.length,
    before: ['{"probabilities":{'],
    between: names.map((name, i) => `${i === 0 ? '' : ','}${JSON.stringify(name)}:`),
    after: '}}',
    choose: () => 0,
  });
}

function valuesText(format: OutputFormat, target: TargetEncoding): AnswerText {
  const { names } = target;
  const inUnits = unitsOf(target);
  const encoder = new TextEncoder();
  return {
    header: format === 'csv' ? `${names.map(csvCell).join(',')}\n` : '',
    lines(rows, samples) {
      const lines: string[] = [];
      for (let sample = 0; sample < samples; sample++) {
        const values = names.map((_, i) => inUnits(rows[sample * names.length + i]!, i));
        if (format === 'csv') lines.push(values.join(','));
        else lines.push(JSON.stringify(Object.fromEntries(values.map((value, i) => [names[i], value]))));
      }
      lines.push('');
      return encoder.encode(lines.join('\n'));
    },
  };
}

/** From what the network answers to the unit of the data, with as many digits as a float32 has. */
function unitsOf(target: TargetEncoding): (value: number, i: number) => number {
  const [means, deviations] = target.kind === 'values' ? [target.means, target.deviations] : [];
  return (value, i) => Number((value * (deviations?.[i] ?? 1) + (means?.[i] ?? 0)).toPrecision(DIGITS));
}

interface RowShape {
  readonly header: string;
  /** Probabilities of a row. */
  readonly width: number;
  /** What a row begins with, by what `choose` answers. */
  readonly before: readonly string[];
  /** What stands before each probability. */
  readonly between: readonly string[];
  readonly after: string;
  choose(rows: Float32Array, begin: number, width: number): number;
}

function rowText({ header, width, before, between, after, choose }: RowShape): AnswerText {
  const encoder = new TextEncoder();
  const [befores, betweens] = [before, between].map((texts) => texts.map((text) => encoder.encode(text)));
  const end = encoder.encode(`${after}\n`);
  const longest = (texts: readonly Uint8Array[]) => Math.max(...texts.map((text) => text.length));
  const rowBytesMax = longest(befores!) + width * (longest(betweens!) + DECIMALS + 2) + end.length;
  let buffer = new Uint8Array(0);
  return {
    header: header === '' ? '' : `${header}\n`,
    lines(rows, samples) {
      if (buffer.length < samples * rowBytesMax) buffer = new Uint8Array(samples * rowBytesMax);
      let at = 0;
      for (let sample = 0; sample < samples; sample++) {
        const first = sample * width;
        at = put(buffer, at, befores![choose(rows, first, width)]!);
        for (let i = 0; i < width; i++) {
          at = put(buffer, at, betweens![i]!);
          at = putProbability(buffer, at, rows[first + i]!);
        }
        at = put(buffer, at, end);
      }
      return buffer.subarray(0, at);
    },
  };
}

/** The largest of a row, the first of equals, as training counts correct answers. */
function largest(rows: Float32Array, begin: number, width: number): number {
  let best = 0;
  for (let i = 1; i < width; i++) if (rows[begin + i]! > rows[begin + best]!) best = i;
  return best;
}

/** A call of `set` would cost more than these few bytes. */
function put(buffer: Uint8Array, at: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) buffer[at + i] = text[i]!;
  return at + text.length;
}

const ZERO = 48;
const POINT = 46;

/** A number in [0, 1] with six decimals. */
function putProbability(buffer: Uint8Array, at: number, value: number): number {
  let millionths = Math.round(value * MILLION);
  const whole = millionths >= MILLION ? 1 : 0;
  millionths -= whole * MILLION;
  buffer[at] = ZERO + whole;
  buffer[at + 1] = POINT;
  for (let i = DECIMALS + 1; i > 1; i--) {
    const rest = (millionths / 10) | 0;
    buffer[at + i] = ZERO + millionths - rest * 10;
    millionths = rest;
  }
  return at + DECIMALS + 2;
}

/** RFC 4180. */
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
