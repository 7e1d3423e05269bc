/** How `hivegrad predict` is called. What it does is loaded when it is asked for. */

import { Command, Option } from 'commander';
import type { RowFormat } from '../../data/rows.ts';
import { OUTPUT_FORMATS } from '../../predict/text.ts';
import { addPoolFlags } from '../flags.ts';
import type { PredictFlags } from '../predict.ts';

export function predictCommand(): Command {
  const command = new Command('predict')
    .summary('what a trained network answers on the rows of a file')
    .description(
      'Reads rows (CSV, JSON, Parquet, NPY or IDX), encodes them as the training did, and writes what the network ' +
        'answers: the class and its probabilities, a probability for each output, or values.',
    )
    .argument('<run>', 'run directory, or a checkpoint')
    .argument('<file>', 'rows; columns that the network does not use are left aside')
    .option('--out <file>', 'where the answers go (default: standard output)')
    .addOption(new Option('--to <format>', 'format of the answers').choices(OUTPUT_FORMATS).default('csv'))
    .addOption(
      new Option('--from <format>', 'format of the rows (default: by the name)').choices([
        'csv',
        'json',
        'parquet',
        'npy',
        'idx',
      ] satisfies RowFormat[]),
    )
    .option('--delimiter <character>', 'between the cells of CSV rows');
  return addPoolFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  hivegrad predict runs/iris new.csv
  hivegrad predict runs/mnist t10k-images-idx3-ubyte --out answers.csv
  hivegrad predict runs/iris new.json --to jsonl | head`,
    )
    .action(async (run: string, file: string, flags: PredictFlags) =>
      (await import('../predict.ts')).predict(run, file, flags),
    );
}
