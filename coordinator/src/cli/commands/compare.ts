/** How `hivegrad compare` is called. What it does is loaded when it is asked for. */

import { Command } from 'commander';
import type { CompareFlags } from '../compare.ts';
import { threadsFlag } from '../flags.ts';

export function compareCommand(): Command {
  return new Command('compare')
    .summary('strategies and batch sizes side by side')
    .description(
      'Trains the same network on the same data by each strategy and batch size of a comparison, one after the other, ' +
        'and writes a report of what they needed: epochs, samples, seconds.',
    )
    .argument('[comparison]', 'JSON, or a module with a default export (default: MNIST, six batch sizes)')
    .option('--out <directory>', 'where it is written, and goes on (default: runs/<name>)')
    .option('--force', 'replace the comparison that is in --out')
    .addOption(threadsFlag())
    .addHelpText(
      'after',
      `
Examples:
  hivegrad compare
  hivegrad compare compare-mnist.json --out runs/compare-mnist
  hivegrad compare compare-mnist.json --threads 1 --out runs/one-thread

The directory holds compare.json, cells/ with a run for each cell and seed, results.json, results.csv and report.html,
which are written anew whenever a run has ended.
Ctrl-C writes a checkpoint and ends; the same command goes on. A second Ctrl-C ends at once.
Exit codes: 0 finished or stopped, 2 bad input, 130 second Ctrl-C.`,
    )
    .action(async (file: string | undefined, flags: CompareFlags) =>
      (await import('../compare.ts')).compare(file, flags),
    );
}
