/** How `hivegrad inspect` is called. What it does is loaded when it is asked for. */

import { Command } from 'commander';

export function inspectCommand(): Command {
  return new Command('inspect')
    .summary('what is in a run, a checkpoint or a safetensors file')
    .description(
      'Shows the checkpoints of a run and whether each is whole, the model, digests, and statistics of every tensor. ' +
        'Changes nothing.',
    )
    .argument('<path>', 'run directory, checkpoint, or a safetensors file of another program')
    .option('--json', 'one JSON object, for machines')
    .addHelpText(
      'after',
      `
Examples:
  hivegrad inspect runs/mnist
  hivegrad inspect runs/mnist/checkpoints/step-9380.safetensors --json
  hivegrad inspect model.safetensors`,
    )
    .action(async (path: string, flags: { json?: boolean }) =>
      (await import('../inspect.ts')).inspect(path, flags.json === true),
    );
}
