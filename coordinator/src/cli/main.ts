/**
 * The command `hivegrad`: errors in sentences, exit codes 0, 1, 2, 3 and 130. How each command is called is in
 * `commands`, and what it does in the file of its name, which is loaded only when it is asked for.
 */

import { Command, CommanderError } from 'commander';
import { version } from '../version.ts';
import { benchCommand } from './commands/bench.ts';
import { compareCommand } from './commands/compare.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { exportCommand } from './commands/export.ts';
import { inspectCommand } from './commands/inspect.ts';
import { joinCommand } from './commands/join.ts';
import { predictCommand } from './commands/predict.ts';
import { trainCommand } from './commands/train.ts';
import { describeError, exitCodeOf } from './errors.ts';

const program = new Command('hivegrad')
  .description(
    'Data-parallel training of neural networks: the same bits, whoever computes them, whenever they arrive.',
  )
  .version(version)
  .showHelpAfterError('Run hivegrad --help, or hivegrad <command> --help, for what there is.')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  hivegrad train mnist.json --out runs/mnist
  hivegrad train --resume runs/mnist
  hivegrad compare
  hivegrad evaluate runs/mnist
  hivegrad predict runs/mnist new.csv
  hivegrad export runs/mnist --format onnx
  hivegrad inspect runs/mnist
  hivegrad join 192.168.1.5:8080 --token TOKEN
  hivegrad train --help`,
  );
for (const command of [
  trainCommand(),
  evaluateCommand(),
  predictCommand(),
  exportCommand(),
  inspectCommand(),
  joinCommand(),
  compareCommand(),
  benchCommand(),
]) {
  program.addCommand(command.copyInheritedSettings(program));
}

// Whoever reads our output may stop reading, as `head` does; there is nobody left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its sentence; asking for help is no mistake.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
