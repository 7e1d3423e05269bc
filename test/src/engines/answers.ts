/**
 * What an engine has to do as all others do, bit for bit: the known-answer test with the SIMD kernels and with their
 * plain twin, and two small trainings through the very code that a tab or a joined machine runs. In goes the compiled
 * module, out come digests. Nothing here knows where it runs.
 */

import { activationIds } from '@hivegrad/shared/kernels/kernels';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { instantiateKernels, type KernelModule } from '@hivegrad/shared/kernels/wasm';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import { parameterCount } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { answerOf, openComputeThread, type ThreadOptions } from '@hivegrad/shared/peer/compute';
import type { ComputeRun, NodeRows } from '@hivegrad/shared/peer/ports';
import { purposes, wordStream } from '@hivegrad/shared/random/philox';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

export interface Answers {
  /** Of the SIMD kernels and of the plain ones, in hex. */
  readonly simd: string;
  readonly plain: string;
  /** Of each training SHA-256 of its losses and last weights, in hex. */
  readonly classes: string;
  readonly values: string;
}

const STEPS = 12;
/** A node of 8 shards of 6 samples is a whole step. */
const LEVEL = 3;
const SHARD = 6;
const SAMPLES = SHARD << LEVEL;
const LEARNING_RATE = 0.002;

export function answersOf(module: KernelModule): Answers {
  const simd: Pick<ThreadOptions, 'kernels'> = { kernels: (memory) => instantiateKernels(module, memory) };
  return {
    simd: answerOf(simd),
    plain: answerOf({ kernels: (memory) => createReferenceKernels(memory.buffer) }),
    classes: trained(classes, simd),
    values: trained(values, simd),
  };
}

/** Bytes, classes, weighted rows and dropout. */
const classes = runOf(
  {
    inputSize: 30,
    layers: [
      { type: 'dense', units: 19, activation: 'gelu', bias: 'unit', initializer: 'glorotUniform' },
      { type: 'dropout', rate: 0.3 },
      { type: 'dense', units: 5, activation: 'identity', bias: 'unit', initializer: 'glorotUniform' },
    ],
    loss: 'softmaxCrossEntropy',
  },
  {
    features: { kind: 'u8', width: 30, scale: 'unit' },
    targets: { kind: 'classes', classes: 5 },
    weighted: true,
  },
);

/** Floats, numbers to predict, and every activation there is. */
const values = runOf(
  {
    inputSize: 7,
    layers: [...Object.keys(activationIds), 'identity'].map((activation, i, { length }) => ({
      type: 'dense',
      units: i === length - 1 ? 2 : 9 + i,
      activation: activation as keyof typeof activationIds,
      bias: 'unit',
      initializer: 'glorotNormal',
    })),
    loss: 'squaredError',
  },
  { features: { kind: 'f32', width: 7 }, targets: { kind: 'values', width: 2 }, weighted: false },
);

function runOf(model: ModelSpec, data: Pick<ComputeRun, 'features' | 'targets' | 'weighted'>): ComputeRun {
  const parameters = parameterCount(model);
  return {
    model,
    seed: 2 ** 40 + 7,
    samples: SAMPLES,
    batchSize: SAMPLES,
    shardSize: SHARD,
    epochs: STEPS,
    parameters,
    ...data,
  };
}

/** Plain gradient descent, each step rounded as written. */
function trained(run: ComputeRun, engine: Pick<ThreadOptions, 'kernels'>): string {
  const thread = openComputeThread(run, { ...engine, nowMs: () => 0 });
  const weights = new Float32Array(initialWeights(run.model, 1));
  const rows = noise(run);
  const losses = new Uint32Array(STEPS);
  for (let step = 0; step < STEPS; step++) {
    thread.setWeights(step, bytesOf(weights), step < 2 ? undefined : step - 2);
    const node = { step, level: LEVEL, index: 0 };
    const outcome = thread.compute({ node, version: step, begin: 0, end: SAMPLES, rows });
    if (outcome.kind !== 'result') throw new Error(`step ${step} is ${outcome.kind}`);
    losses[step] = outcome.lossBits;
    const gradient = new Float32Array(outcome.gradient.slice().buffer);
    for (let i = 0; i < weights.length; i++) {
      weights[i] = weights[i]! - Math.fround(Math.fround(LEARNING_RATE) * gradient[i]!);
    }
  }
  return bytesToHex(sha256.create().update(bytesOf(losses)).update(bytesOf(weights)).digest());
}

/** The rows of the one mini-batch, from a counter and so the same everywhere. */
function noise({ features, targets, weighted }: ComputeRun): NodeRows {
  const words = wordStream(11, purposes.split, 0);
  const block = new Uint32Array(4);
  let drawn = 0;
  const next = (): number => {
    if ((drawn & 3) === 0) words(drawn >> 2, block);
    return block[drawn++ & 3]! / 2 ** 32;
  };
  const floats = (count: number) => bytesOf(Float32Array.from({ length: count }, () => next() - 0.5));
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256));
  const labels = (count: number, of: number) =>
    bytesOf(Uint32Array.from({ length: count }, () => Math.floor(next() * of)));
  return {
    features: (features.kind === 'u8' ? bytes : floats)(SAMPLES * features.width),
    targets: targets.kind === 'classes' ? labels(SAMPLES, targets.classes) : floats(SAMPLES * targets.width),
    weights: weighted
      ? bytesOf(Float32Array.from({ length: SAMPLES }, () => Math.floor(next() * 9) / 4))
      : new Uint8Array(0),
  };
}

function bytesOf({ buffer }: { readonly buffer: ArrayBuffer }): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}
