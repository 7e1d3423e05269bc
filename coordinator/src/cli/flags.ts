/** Parsers of flags that several commands share. */

import { availableParallelism } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import type { Engine } from '../workers/local-pool.ts';

export function threadsFlag(): Option {
  return new Option('--threads <n>', 'threads that compute; they do not change the result')
    .argParser(positiveInteger)
    .default(availableParallelism(), 'all cores');
}

export function kernelsFlag(): Option {
  return new Option('--kernels <engine>', 'simd, or their plain TypeScript twin: the same bits, far slower')
    .choices(['simd', 'plain'] satisfies Engine[])
    .default('simd');
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
