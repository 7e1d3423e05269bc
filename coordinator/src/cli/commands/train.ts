/** How `hivegrad train` is called. What it does is loaded when it is asked for. */

import { Command } from 'commander';
import { addPoolFlags, collect } from '../flags.ts';
import { addLendFlags } from '../lend-flags.ts';
import type { TrainFlags } from '../train.ts';

export function trainCommand(): Command {
  const command = new Command('train')
    .summary('train a network on all cores')
    .description(
      'Trains the network of a configuration file. The weights depend on the file, the data and the seed alone, ' +
        'never on the number of threads.',
    )
    .argument('[config]', 'configuration: JSON, or a module with a default export')
    .option('--out <directory>', 'where the run is written (default: runs/<name>-<time>)')
    .option('--force', 'replace the run that is in --out')
    .option('--resume <directory>', 'go on with a run that was interrupted')
    .option('--seed <n>', 'seed of weights and order')
    .option('--epochs <n>', 'passes over the training set')
    .option('--batch-size <n>', 'samples of a step')
    .option('--shard-size <n>', 'samples of a shard; part of the result')
    .option('--learning-rate <x>', 'learning rate of the optimizer')
    .option('--name <name>', 'name of the run')
    .option('--set <path=value>', 'any setting, for example --set optimizer.momentum=0.9', collect);
  return addLendFlags(addPoolFlags(command, { threadsMin: 0 }))
    .addHelpText(
      'after',
      `
Examples:
  hivegrad train mnist.json
  hivegrad train mnist.json --epochs 3 --seed 7 --out runs/seed-7
  hivegrad train mnist.json --set model.layers.0.units=256 --set clipping='{"type":"norm","limit":1}'
  hivegrad train --resume runs/seed-7 --threads 1
  hivegrad train mnist.json --listen 8080
  hivegrad train mnist.json --listen 127.0.0.1:8080 --threads 0 --share always --token SECRET

The run directory holds config.json, metrics.jsonl and .csv, tensorboard/, checkpoints/ (safetensors that PyTorch
reads), and at the end evaluation.json and report.html.
Ctrl-C writes a checkpoint and ends; a second Ctrl-C ends at once.
Exit codes: 0 finished or stopped, 2 bad input, 3 diverged, 130 second Ctrl-C.`,
    )
    .action(async (file: string | undefined, flags: TrainFlags) =>
      (await import('../train.ts')).train(file, flags),
    );
}
