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

/** `threadsMin` 0 is for a run that others can compute for. */
export function addPoolFlags(command: Command, { threadsMin = 1 }: { threadsMin?: 0 | 1 } = {}): Command {
  return command
    .addOption(threadsFlag(threadsMin))
    .addOption(
      new Option('--kernels <engine>', 'simd, or their plain TypeScript twin: the same bits, far slower')
        .choices(['simd', 'plain'] satisfies Engine[])
        .default('simd'),
    )
    .option('--no-wide', 'keep to 128-bit registers where the engine could use 256: the same bits, slower');
}

export function threadsFlag(min: 0 | 1 = 1): Option {
  return new Option('--threads <n>', 'threads that compute; they do not change the result')
    .argParser((text) => wholeNumber(text, min))
    .default(availableParallelism(), 'all cores');
}

export function poolSettings({ threads, kernels, wide }: PoolFlags): PoolSettings {
  return { threads, engine: kernels, wide };
}

/** Gathers the values of a flag that may be given again and again. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

function wholeNumber(text: string, min: 0 | 1): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= min) return value;
  throw new InvalidArgumentError(
    `${text} is not a whole number ${min === 0 ? 'of zero or more' : 'above zero'}.`,
  );
}
