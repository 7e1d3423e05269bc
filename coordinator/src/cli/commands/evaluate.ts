/** How `hivegrad evaluate` is called. What it does is loaded when it is asked for. */

import { Command, Option } from 'commander';
import type { Part } from '../../workers/local-pool.ts';
import type { EvaluateFlags } from '../evaluate.ts';
import { addPoolFlags } from '../flags.ts';

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
    .action(async (path: string, flags: EvaluateFlags) =>
      (await import('../evaluate.ts')).evaluate(path, flags),
    );
}
