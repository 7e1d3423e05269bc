/**
 * A training with the wide tile and the same with the narrow one, on the Node that runs this file. Prints one line;
 * the exit status is 1 where the two differ, or where the wide tile ought to work and does not.
 */

import { createHash } from 'node:crypto';
import process from 'node:process';
import { KNOWN_ANSWER, KNOWN_ANSWER_BYTES, knownAnswer } from '@hivegrad/shared/kernels/known-answer';
import { createMemory, instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { loadKernels } from '@hivegrad/worker/kernels-file';
import { hasWideKernels, type LoadedKernels, loadWideKernels } from '@hivegrad/worker/wide';
import { benchNetwork } from '../support/bench-network.ts';
import { uniform } from '../support/datasets.ts';

const STEPS = 200;
const SAMPLES = 75;

/** Whole and ragged tiles, several blocks of the summed index, packed and unpacked rows. */
const model: ModelSpec = {
  inputSize: 300,
  layers: [67, 40, 3].map((units, i) => ({
    type: 'dense',
    units,
    activation: i < 2 ? 'tanh' : 'identity',
    bias: 'unit',
    initializer: 'glorotUniform',
  })),
  loss: 'squaredError',
};

/** The digest of the weights; throws where the kernels do not give the known answer. */
function trained(loaded: LoadedKernels): string {
  const memory = createMemory(KNOWN_ANSWER_BYTES);
  const kernels = instantiateKernels(loaded.module, memory, { wide: loaded.wide });
  if (knownAnswer(kernels, memory, 0) !== KNOWN_ANSWER) throw new Error('not the known answer');
  const network = benchNetwork('simd', model, { samplesMax: SAMPLES, shardSize: 10, loaded });
  network.weights = initialWeights(model, 1);
  const random = uniform(3);
  const table = (width: number) =>
    Array.from({ length: SAMPLES }, () => Array.from({ length: width }, () => random() - 0.5));
  const samples = { x: table(300), y: table(3) };
  for (let step = 0; step < STEPS; step++) network.step(samples, 10);
  return createHash('sha256').update(network.weights).digest('hex');
}

const version = `Node ${process.version}`;
if (!hasWideKernels()) process.stdout.write(`${version} on this machine has no wide kernels\n`);
else {
  const wide = await loadWideKernels();
  if (wide.warning !== undefined) throw new Error(wide.warning);
  const [withWide, withNarrow] = [trained(wide), trained({ module: await loadKernels(), wide: false })];
  const equal = withWide === withNarrow;
  const verdict = equal
    ? `the same weights, sha256:${withWide}`
    : `sha256:${withWide} and sha256:${withNarrow}`;
  process.stdout.write(`Wide and narrow kernels: ${version} gives ${verdict}\n`);
  if (!equal) process.exitCode = 1;
}
