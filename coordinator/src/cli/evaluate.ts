/** `hivegrad evaluate`: what a run's newest checkpoint, or one checkpoint file, is worth on a part of the data. */

import type { EvaluateResult } from '../api/evaluate-job.ts';
import { runEvaluateJob } from '../api/evaluate-job.ts';
import { readConfig } from '../config/document.ts';
import { evaluationJson } from '../metrics/evaluation.ts';
import { evaluationText } from '../metrics/evaluation-text.ts';
import type { Part } from '../workers/local-pool.ts';
import type { PoolFlags } from './flags.ts';
import { poolSettings } from './flags.ts';
import { formatCount, formatNumber, formatPercent } from './format.ts';

export interface EvaluateFlags extends PoolFlags {
  readonly config?: string;
  readonly on: Part;
  readonly json?: boolean;
}

export async function evaluate(path: string, flags: EvaluateFlags): Promise<void> {
  const result = await runEvaluateJob(path, {
    ...poolSettings(flags),
    document: flags.config === undefined ? undefined : await readConfig(flags.config),
    on: flags.on,
    onNotice: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  process.stdout.write(flags.json === true ? evaluationJson(result.evaluation) : text(result, flags.on));
}

function text(result: EvaluateResult, on: Part): string {
  const { source, step, samples, loss, accuracy, evaluation, weightsDigest } = result;
  const share = accuracy === undefined ? '' : `accuracy ${formatPercent(accuracy)}, ${on} `;
  return (
    `${source}, step ${formatCount(step)}, on ${formatCount(samples)} samples\n\n${evaluationText(evaluation)}\n\n` +
    `${on} ${share}loss ${formatNumber(loss)}\nweights sha256:${weightsDigest}\n`
  );
}
