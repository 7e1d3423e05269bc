/** What the command line says of a run of a comparison that has ended. */

import type { PlannedRun } from '../compare/plan.ts';
import type { CellRun } from '../compare/run-cell.ts';
import { plain } from '../compare/text.ts';
import { epochsOf } from '../metrics/record.ts';
import { formatNumber, formatPercent } from './format.ts';

/** `minibatch-32, seed 1: test loss 0.1234, test accuracy 96.31 %`, or that and where it diverged. */
export function runLine(run: PlannedRun, { record, metrics }: CellRun): string {
  const name = `${run.cell.id}, ${runText(run)}`;
  if (record.outcome === 'diverged') return `${name}: diverged. ${record.sentence}`;
  const test = epochsOf(metrics).at(-1)?.test;
  if (test === undefined) return name;
  const parts = [`test loss ${formatNumber(test.loss)}`];
  if (test.accuracy !== undefined) parts.push(`test accuracy ${formatPercent(test.accuracy)}`);
  return `${name}: ${parts.join(', ')}`;
}

export function runText({ seed, factor }: PlannedRun): string {
  return factor === undefined ? `seed ${seed}` : `learning rate times ${plain(factor)}`;
}
