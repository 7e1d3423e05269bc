/**
 * What the bench of lending found, as text: a line for each thing measured, beside what it is compared with and the
 * target that it is held to. Pure: rows go in, tables come out.
 */

import type { MachineRecord } from 'hivegrad/bench/bench';
import { median, spread } from 'hivegrad/bench/measure';
import { formatThree } from 'hivegrad/bench/table';
import { formatPercent, formatTable } from 'hivegrad/cli/format';

export interface Row {
  /** What is measured, for people. */
  readonly what: string;
  readonly unit: string;
  /** One value for each repetition. */
  readonly runs: readonly number[];
  /** The same of what it is compared with, measured in turn with it. */
  readonly beside?: { readonly what: string; readonly runs: readonly number[] };
  readonly target?: Target;
}

/** A bound of the median, or of its ratio to that of what it is compared with. */
export interface Target {
  readonly of: 'value' | 'ratio';
  readonly bound: 'at least' | 'below';
  readonly value: number;
}

/** The median of a row over that of what it is compared with. */
export function ratioOf({ runs, beside }: Row): number | undefined {
  return beside === undefined ? undefined : median(runs) / median(beside.runs);
}

/** Undefined where nothing was asked for. */
export function isMet(row: Row): boolean | undefined {
  const { target, runs } = row;
  if (target === undefined) return undefined;
  const value = target.of === 'ratio' ? (ratioOf(row) ?? Number.NaN) : median(runs);
  return target.bound === 'below' ? value < target.value : value >= target.value;
}

const header = ['', 'hivegrad', '', 'beside it', 'ratio', 'target', ''];

export function terminalTable(rows: readonly Row[]): string {
  const right = 'right' as const;
  return formatTable([header, ...rows.map(cellsOf)], ['left', right, 'left', right, right, right, 'left']);
}

export function markdownPage(rows: readonly Row[], machine: MachineRecord, command: string): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const compared = rows.flatMap(({ what, beside }) =>
    beside === undefined ? [] : [`- ${what}: beside ${beside.what}`],
  );
  return [
    '# Lending',
    '',
    `Written by \`${command}\` on ${machine.cores} cores (${machine.cpu}), Node ${machine.node}. A figure is the median`,
    'of its repetitions, ± the largest distance from it; what is compared takes turns on the same machine.',
    '',
    line(header),
    line(['---', '---:', '---', '---:', '---:', '---:', '---']),
    ...rows.map((row) => line(cellsOf(row))),
    '',
    'What stands beside it:',
    '',
    ...compared,
    '',
  ].join('\n');
}

function cellsOf(row: Row): string[] {
  const { what, unit, runs, beside } = row;
  const ratio = ratioOf(row);
  const met = isMet(row);
  return [
    what,
    figure(runs),
    unit,
    beside === undefined ? '' : figure(beside.runs),
    ratio === undefined ? '' : formatPercent(ratio, 0),
    targetText(row),
    met === undefined ? '' : met ? 'met' : 'missed',
  ];
}

function figure(runs: readonly number[]): string {
  const middle = formatThree(median(runs));
  return runs.length < 2 || median(runs) === 0 ? middle : `${middle} ± ${formatPercent(spread(runs), 0)}`;
}

function targetText({ target }: Row): string {
  if (target === undefined) return '';
  const value = target.of === 'ratio' ? formatPercent(target.value, 0) : formatThree(target.value);
  return target.bound === 'below' ? `< ${value}` : `≥ ${value}`;
}
