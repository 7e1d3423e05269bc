import { KNOWN_ANSWER } from '@hivegrad/shared/kernels/known-answer';
import { instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { parameterCount } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { answerOf, openComputeThread } from '@hivegrad/shared/peer/compute';
import type { ComputeRun } from '@hivegrad/shared/peer/ports';
import { bitsOfFloat } from '@hivegrad/shared/protocol/codec';
import { loadKernels } from '@hivegrad/worker/kernels-file';
import { gradient } from 'hivegrad';
import { expect, it } from 'vitest';

const model: ModelSpec = {
  inputSize: 11,
  layers: [
    { type: 'dense', units: 9, activation: 'gelu', bias: 'unit', initializer: 'glorotUniform' },
    { type: 'dropout', rate: 0.3 },
    { type: 'dense', units: 4, activation: 'identity', bias: 'unit', initializer: 'glorotUniform' },
  ],
  loss: 'softmaxCrossEntropy',
};

const module = await loadKernels();
const simd = {
  kernels: (memory: Parameters<typeof instantiateKernels>[1]) => instantiateKernels(module, memory),
};

it.each([0, 2, 4])('a worker computes a node of level %i with the bits of gradient()', async (level) => {
  const run: ComputeRun = {
    model,
    seed: 2 ** 40 + 7,
    samples: 2000,
    batchSize: 1000,
    shardSize: 20,
    epochs: 2,
    parameters: parameterCount(model),
    features: { kind: 'u8', width: 11, scale: 'unit' },
    targets: { kind: 'classes', classes: 4 },
    weighted: true,
  };
  const index = 1;
  const begin = run.shardSize * (1 << level);
  const count = begin;
  const bytes = Uint8Array.from({ length: count * 11 }, (_, i) => (i % 5 === 0 ? 0 : (i * 37) % 256));
  const targets = Uint32Array.from({ length: count }, (_, i) => (i * 7) % 4);
  const sampleWeights = Float32Array.from({ length: count }, (_, i) => (i % 9) / 4);
  const weights = Float32Array.from({ length: run.parameters }, (_, i) => Math.sin(i * 0.7));

  const thread = openComputeThread(run, { ...simd, nowMs: () => 0 });
  thread.setWeights(3, new Uint8Array(weights.buffer), undefined);
  const outcome = thread.compute({
    node: { step: 3, level, index },
    version: 3,
    begin,
    end: begin + count,
    rows: {
      features: bytes,
      targets: new Uint8Array(targets.buffer),
      weights: new Uint8Array(sampleWeights.buffer),
    },
  });

  const rows = Float32Array.from(bytes, (x) => Math.fround(x / 255));
  const { shardSize, seed } = run;
  const options = { shardSize, seed, step: 3, begin, weights: sampleWeights };
  const expected = await gradient(model, weights, rows, targets, options);
  expect(outcome).toEqual({
    kind: 'result',
    lossBits: bitsOfFloat(expected.lossSum),
    correct: expected.correct,
    computeUs: 0,
    gradient: new Uint8Array(expected.gradient.buffer),
  });
});

it('a worker gives the known answer', () => {
  expect(answerOf(simd)).toBe(KNOWN_ANSWER);
});
