/** Results of a contest as text: a table for the terminal, and a page of Markdown with the machine and every version. */

import type { MachineRecord } from 'hivegrad/bench/bench';
import { formatThree } from 'hivegrad/bench/table';
import { formatPercent, formatTable } from 'hivegrad/cli/format';
import type { Figure, Result } from './results.ts';

/** A row for each workload; ours, the JavaScript peers and the native ones from left to right. */
export function terminalTable(results: readonly Result[]): string {
  const names = contestantsOf(results);
  const header = ['', ...names, 'ours / best JavaScript peer'];
  const rows = results.map((result) => [
    `${result.row} (${result.unit})`,
    ...names.map((name) => cell(figureOf(result, name))),
    ratioText(result),
  ]);
  // With a dozen contestants a row is wider than a terminal, so that the table is turned: a line for each contestant.
  const turned = header.map((_, column) => [header, ...rows].map((row) => row[column]!));
  return formatTable(turned, ['left', ...results.map(() => 'right' as const)]);
}

export function markdownPage(results: readonly Result[], machine: MachineRecord, command: string): string {
  const names = contestantsOf(results);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [
    line(['', ...results.map(({ row }) => row)]),
    line(['---', ...results.map(() => '---:')]),
    ...names.map((name) => line([name, ...results.map((result) => cell(figureOf(result, name)))])),
    line(['**ours / best JavaScript peer**', ...results.map((result) => `**${ratioText(result)}**`)]),
  ];
  return [
    '# Ours and its peers',
    '',
    `Written by \`${command}\` on ${machine.cores} cores of ${article(machine.cpu)}, Node ${machine.node}. All contestants run in`,
    'turn on the same data from the same weights; a figure is the median of the windows.',
    '',
    '![Rates relative to the best JavaScript peer](bench.svg)',
    '',
    ...table,
    '',
    ...results.map(({ row, description, unit }) => `- ${row}: ${description}, ${unit}`),
    '',
    'Who took part:',
    '',
    ...names.map((name) => `- ${name}: ${descriptionOf(results, name)}`),
    ...problems(results),
    '',
  ].join('\n');
}

/** One sentence for every figure that is missing. */
export function problems(results: readonly Result[]): string[] {
  const sentences = results.flatMap(({ row, figures }) =>
    figures.flatMap(({ contestant, problem }) =>
      problem === undefined ? [] : [`- ${contestant}, ${row}: ${problem}`],
    ),
  );
  return sentences.length === 0 ? [] : ['', 'Without a figure:', '', ...sentences];
}

function contestantsOf(results: readonly Result[]): string[] {
  return [...new Set(results.flatMap(({ figures }) => figures.map(({ contestant }) => contestant)))];
}

function figureOf(result: Result, name: string): Figure | undefined {
  return result.figures.find(({ contestant }) => contestant === name);
}

function descriptionOf(results: readonly Result[], name: string): string {
  const described = results.map((result) => figureOf(result, name)?.description ?? '');
  return described.find((text) => text !== '') ?? 'not on this machine';
}

function cell(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  if (figure.rate === undefined) return figure.problem?.startsWith('not here') ? 'not here' : 'not counted';
  return `${formatThree(figure.rate)} ± ${formatPercent(figure.spread ?? 0, 0)}`;
}

function ratioText({ ratio }: Result): string {
  return ratio === undefined ? '-' : `${ratio.toFixed(2)} x`;
}

function article(cpu: string): string {
  return /^[AEIOU]/i.test(cpu) ? `an ${cpu}` : `a ${cpu}`;
}
