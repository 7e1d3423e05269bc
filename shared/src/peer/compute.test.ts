import { describe, expect, it } from 'vitest';
import { createArena } from '../kernels/arena.ts';
import { leadingDimension } from '../kernels/kernels.ts';
import { KNOWN_ANSWER } from '../kernels/known-answer.ts';
import { createReferenceKernels } from '../kernels/reference/reference.ts';
import { createMemory, type KernelMemory } from '../kernels/wasm.ts';
import { denseSpec } from '../model/model.test.support.ts';
import { placeNodeComputer } from '../model/node.ts';
import { parameterCount } from '../model/parameters.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { RunShape } from '../protocol/messages.ts';
import { answerOf, openComputeThread } from './compute.ts';
import type { ComputeRun, NodeRows, Outcome } from './ports.ts';

const plain = (memory: KernelMemory) => createReferenceKernels(memory.buffer);

const classes: ModelSpec = {
  inputSize: 11,
  layers: [
    denseSpec(9, { activation: 'gelu' }),
    { type: 'dropout', rate: 0.3 },
    denseSpec(4, { activation: 'identity' }),
  ],
  loss: 'softmaxCrossEntropy',
};
const values: ModelSpec = {
  ...classes,
  layers: [denseSpec(3, { activation: 'tanh' })],
  loss: 'squaredError',
};

function runOf(model: ModelSpec, shape: Partial<RunShape>): ComputeRun {
  return {
    model,
    seed: 2 ** 40 + 7,
    samples: 2000,
    batchSize: 1000,
    shardSize: 20,
    epochs: 2,
    parameters: parameterCount(model),
    features: { kind: 'f32', width: 11 },
    targets: { kind: 'classes', classes: 4 },
    weighted: false,
    ...shape,
  };
}

const bytesOf = (array: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) => new Uint8Array(array.buffer);
const wave = (count: number, speed: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * speed));

/** The rows of the samples [begin, end) of a mini-batch, each a fixed function of its position. */
function rowsOf({ features, targets, weighted }: ComputeRun, begin: number, end: number): NodeRows {
  const part = <T extends { subarray(from: number, to: number): T; slice(): T }>(all: T, width: number) =>
    all.subarray(begin * width, end * width).slice();
  const floats = wave(end * features.width, 0.37);
  const bytes = Uint8Array.from(floats, (x) => (Math.abs(x) < 0.3 ? 0 : Math.round(Math.abs(x) * 255)));
  return {
    features: features.kind === 'u8' ? part(bytes, 11) : bytesOf(part(floats, 11)),
    targets:
      targets.kind === 'classes'
        ? bytesOf(
            part(
              Uint32Array.from({ length: end }, (_, i) => (i * 7) % targets.classes),
              1,
            ),
          )
        : bytesOf(part(wave(end * targets.width, 0.11), targets.width)),
    weights: weighted ? bytesOf(part(wave(end, 0.5).map(Math.abs), 1)) : new Uint8Array(0),
  };
}

/** The node by placeNodeComputer alone, over a memory of its own and with the plain kernels. */
function byHand(run: ComputeRun, weights: Float32Array, node: { step: number; begin: number; end: number }) {
  const memory = createMemory(1 << 23);
  const f32 = new Float32Array(memory.buffer);
  const u32 = new Uint32Array(memory.buffer);
  const u8 = new Uint8Array(memory.buffer);
  const arena = createArena(64);
  const [weightsAt, slot, sums] = [weights.length * 4, weights.length * 4, 8].map((n) =>
    arena.allocate(n),
  ) as [number, number, number];
  const { shardSize, seed, weighted, features } = run;
  const samplesMax = node.end - node.begin;
  const sizes = { shardSize, samplesMax, evaluationShardSize: 1, seed };
  const computer = placeNodeComputer(run.model, { arena, ...sizes, f32, u32 });
  f32.set(weights, weightsAt >> 2);
  const kernels = createReferenceKernels(memory.buffer);
  const ld = leadingDimension(features.width);
  computer.gradient(
    kernels,
    weightsAt,
    {
      ...node,
      shardSize,
      weighted,
      load: (network, begin, end) => {
        const rows = rowsOf(run, begin, end);
        const numbers =
          features.kind === 'u8'
            ? Float32Array.from(rows.features, (x) => (features.scale === 'unit' ? Math.fround(x / 255) : x))
            : new Float32Array(rows.features.buffer);
        for (let i = 0; i < end - begin; i++) {
          const row = numbers.subarray(i * features.width, (i + 1) * features.width);
          f32.set(row, (network.inputRows >> 2) + i * ld);
        }
        u8.set(rows.targets, network.targets);
        u8.set(rows.weights, network.sampleWeights);
      },
    },
    slot,
    sums,
  );
  const gradient = f32.slice(slot >> 2, (slot >> 2) + weights.length);
  return {
    kind: 'result',
    lossBits: u32[sums >> 2],
    correct: u32[(sums >> 2) + 1],
    gradient: new Uint32Array(gradient.buffer),
  };
}

const cases: readonly (readonly [string, ComputeRun])[] = [
  ['float32 and classes, with dropout', runOf(classes, {})],
  ['bytes', runOf(classes, { features: { kind: 'u8', width: 11, scale: 'unit' } })],
  [
    'bytes as they are, weighted',
    runOf(classes, { features: { kind: 'u8', width: 11, scale: 'none' }, weighted: true }),
  ],
  [
    'values, weighted',
    runOf(values, { targets: { kind: 'values', width: 3 }, weighted: true, shardSize: 300 }),
  ],
];

/** Without the time, and the gradient as words. */
function bitsOf(outcome: Outcome) {
  if (outcome.kind !== 'result') return outcome;
  const { computeUs: _, gradient, ...rest } = outcome;
  return { ...rest, gradient: new Uint32Array(gradient.slice().buffer) };
}

describe.each(cases)('a node of %s', (_name, run) => {
  const weights = wave(run.parameters, 0.7);
  const nodes = [0, 1, 3].map((level) => {
    const span = (1 << level) * run.shardSize;
    const begin = Math.min(span, 1000 - span);
    return {
      level,
      index: begin / span,
      begin: Math.max(0, begin),
      end: Math.min(Math.max(0, begin) + span, 1000),
    };
  });

  it('has the bits of the node computer on every level', () => {
    const thread = openComputeThread(run, { kernels: plain, nowMs: () => 0 });
    thread.setWeights(1, bytesOf(wave(run.parameters, 0.2)), undefined);
    thread.setWeights(3, bytesOf(weights), undefined);
    for (const { level, index, begin, end } of nodes) {
      const node = { step: 3, level, index };
      const task = { node, version: 3, begin, end, rows: rowsOf(run, begin, end) };
      expect(bitsOf(thread.compute(task))).toEqual(byHand(run, weights, { step: 3, begin, end }));
    }
  });
});

describe('a thread that computes', () => {
  const run = runOf(classes, {});
  const task = (version: number) => ({
    node: { step: 3, level: 0, index: 0 },
    version,
    begin: 0,
    end: 20,
    rows: rowsOf(run, 0, 20),
  });
  const open = (nowMs = () => 0) => openComputeThread(run, { kernels: plain, nowMs });

  it('holds two versions, and uses the one that a node names', () => {
    const thread = open();
    const [a, b, c] = [0.1, 0.2, 0.3].map((speed) => wave(run.parameters, speed)) as [
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
    ];
    thread.setWeights(1, bytesOf(a), undefined);
    thread.setWeights(2, bytesOf(b), undefined);
    thread.setWeights(3, bytesOf(c), 1);
    expect(() => thread.compute(task(1))).toThrow('version 1 of the weights is not here');
    for (const [version, weights] of [
      [2, b],
      [3, c],
    ] as const) {
      expect(bitsOf(thread.compute(task(version)))).toEqual(
        byHand(run, weights, { step: 3, begin: 0, end: 20 }),
      );
    }
  });

  it('says that a sum is not finite, and computes with finite weights again', () => {
    const thread = open();
    const good = wave(run.parameters, 0.1);
    const bad = good.slice().fill(Number.NaN, 5, 6);
    thread.setWeights(1, bytesOf(bad), undefined);
    thread.setWeights(2, bytesOf(good), undefined);
    expect(thread.compute(task(1))).toEqual({ kind: 'notFinite', computeUs: 0 });
    expect(bitsOf(thread.compute(task(2)))).toEqual(byHand(run, good, { step: 3, begin: 0, end: 20 }));
  });

  it('measures how long a node took', () => {
    let now = 0;
    const thread = open(() => (now += 2.5));
    thread.setWeights(1, bytesOf(wave(run.parameters, 0.1)), undefined);
    expect(thread.compute(task(1))).toMatchObject({ computeUs: 2500 });
  });

  it('gives the known answer', () => {
    expect(answerOf({ kernels: plain })).toBe(KNOWN_ANSWER);
  });
});
