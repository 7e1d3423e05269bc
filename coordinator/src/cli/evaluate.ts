/** `hivegrad evaluate`: what a run's newest checkpoint, or one checkpoint file, is worth on a part of the data. */

import { Command, Option } from 'commander';
import type { EvaluateResult } from '../api/evaluate-job.ts';
import { runEvaluateJob } from '../api/evaluate-job.ts';
import { readConfig } from '../config/document.ts';
import { evaluationJson } from '../metrics/evaluation.ts';
import { evaluationText } from '../metrics/evaluation-text.ts';
import type { Part } from '../workers/local-pool.ts';
import type { PoolFlags } from './flags.ts';
import { addPoolFlags, poolSettings } from './flags.ts';
import { formatCount, formatNumber, formatPercent } from './format.ts';

interface EvaluateFlags extends PoolFlags {
  readonly config?: string;
  readonly on: Part;
  readonly json?: boolean;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .summary('loss and accuracy of a trained network')
    .description(
      "Evaluates a run's newest checkpoint, or one checkpoint file, on the run's data or on other data.",
    )
    .argument('<run>', 'run directory, or a checkpoint inside one')
    .option('--config <file>', 'take the data from another configuration')
    .addOption(
      new Option('--on <part>', 'part of the data')
        .choices(['test', 'validation', 'train'] satisfies Part[])
        .default('test'),
    )
    .option('--json', 'the evaluation as JSON, as evaluation.json of a run has it');
  return addPoolFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  hivegrad evaluate runs/mnist
  hivegrad evaluate runs/mnist --json > evaluation.json
  hivegrad evaluate runs/mnist/checkpoints/step-9380.safetensors --on train`,
    )
    .action((path: string, flags: EvaluateFlags) => evaluate(path, flags));
}

async function evaluate(path: string, flags: EvaluateFlags): Promise<void> {
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
