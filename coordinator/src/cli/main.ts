/** The command `hivegrad`: one file a command, errors in sentences, exit codes 0, 1, 2, 3 and 130. */

import { Command, CommanderError } from 'commander';
import { version } from '../version.ts';
import { benchCommand } from './bench.ts';
import { describeError, exitCodeOf } from './errors.ts';
import { evaluateCommand } from './evaluate.ts';
import { exportCommand } from './export.ts';
import { inspectCommand } from './inspect.ts';
import { joinCommand } from './join.ts';
import { predictCommand } from './predict.ts';
import { trainCommand } from './train.ts';

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
