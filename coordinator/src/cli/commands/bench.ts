/** How `hivegrad bench` is called. What it does is loaded when it is asked for. */

import { Command } from 'commander';
import type { BenchFlags } from '../bench.ts';
import { threadsFlag } from '../flags.ts';

export function benchCommand(): Command {
  return new Command('bench')
    .summary('what this machine does')
    .description(
      'Times whole training steps of four networks on synthetic data, on one thread and on all, the matrix product and ' +
        'the copy of memory. Rates are medians of several runs.',
    )
    .addOption(threadsFlag())
    .option('--no-wide', 'keep to 128-bit registers where the engine could use 256: the same bits, slower')
    .option('--quick', 'fewer and shorter runs: a look, not a measurement')
    .option('--json', 'one line of JSON for each rate, instead of a table')
    .addHelpText(
      'after',
      `
Examples:
  hivegrad bench
  hivegrad bench --quick --threads 4
  hivegrad bench --json > bench.jsonl

W1 to W4 are the networks of the table. "spread" is the largest distance of a run from the median; where it is large
something else keeps the machine busy.`,
    )
    .action(async (flags: BenchFlags) => (await import('../bench.ts')).bench(flags));
}
