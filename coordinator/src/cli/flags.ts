/** Flags that several commands share, and their parsers. */

import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { Engine, PoolSettings } from '../workers/local-pool.ts';

/** How a command computes; none of it changes a result. */
export interface PoolFlags {
  readonly threads: number;
  readonly kernels: Engine;
  readonly wide: boolean;
}

export function addPoolFlags(command: Command): Command {
  return command
    .addOption(threadsFlag())
    .addOption(
      new Option('--kernels <engine>', 'simd, or their plain TypeScript twin: the same bits, far slower')
        .choices(['simd', 'plain'] satisfies Engine[])
        .default('simd'),
    )
    .option('--no-wide', 'keep to 128-bit registers where the engine could use 256: the same bits, slower');
}

export function threadsFlag(): Option {
  return new Option('--threads <n>', 'threads that compute; they do not change the result')
    .argParser(positiveInteger)
    .default(availableParallelism(), 'all cores');
}

export function poolSettings({ threads, kernels, wide }: PoolFlags): PoolSettings {
  return { threads, engine: kernels, wide };
}

/** Gathers the values of a flag that may be given again and again. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`${text} is not a whole number above zero.`);
}
