/** How `hivegrad join` is called. What it does is loaded when it is asked for. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { threadsFlag } from '../flags.ts';
import type { JoinFlags } from '../join.ts';

const CACHE_MB = 1024;

export function joinCommand(): Command {
  return new Command('join')
    .summary('lend the cores of this machine to a run')
    .description(
      'Connects to a run that was started with --listen, computes gradients for it, and comes back by itself when the ' +
        'connection is lost. The weights of the run are the same with or without it. It gets rows of the training set.',
    )
    .argument('<url>', 'address of the run as it prints it, or HOST:PORT')
    .addOption(threadsFlag())
    .option('--name <name>', 'how others see this machine, at most 40 characters')
    .option('--token <token>', 'of the run; goes before the one in the address')
    .addOption(
      new Option('--cache <MB>', 'memory for rows of the training set, which then are sent once')
        .argParser(wholeNumber)
        .default(CACHE_MB),
    )
    .option('--no-wide', 'keep to 128-bit registers where the engine could use 256: the same bits, slower')
    .addHelpText(
      'after',
      `
Examples:
  hivegrad join http://192.168.1.5:8080/#token=TOKEN
  hivegrad join 192.168.1.5:8080 --token TOKEN --threads 4
  hivegrad join https://train.example.org/ --name lab-3 --cache 4096

Ctrl-C finishes what it has begun and leaves; a second Ctrl-C ends at once. Nothing is lost for the run either way.
Exit codes: 0 the run is over or you left, 2 bad input or refused, 130 second Ctrl-C.`,
    )
    .action(async (url: string, flags: JoinFlags) => (await import('../join.ts')).join(url, flags));
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError(`${text} is not a whole number.`);
}
