/**
 * Computes nodes in this thread, in a memory of its own: what a thread of a pool, a Web Worker or a test puts behind the
 * port `Compute`. Weights and rows go in, a gradient sum comes out, with the bits that every other worker would give.
 *
 * Memory is planned once for a run and nothing in it grows: two versions of the weights, one gradient sum, and what
 * placeNodeComputer takes for the largest node.
 */

import type { Arena } from '../kernels/arena.ts';
import { createArena } from '../kernels/arena.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { leadingDimension } from '../kernels/kernels.ts';
import { KNOWN_ANSWER_BYTES, knownAnswer } from '../kernels/known-answer.ts';
import type { KernelMemory } from '../kernels/wasm.ts';
import { createMemory } from '../kernels/wasm.ts';
import type { Network } from '../model/network.ts';
import type { LoadSamples, NodeComputer } from '../model/node.ts';
import { placeNodeComputer, SUMS_BYTES } from '../model/node.ts';
import { parameterCount } from '../model/parameters.ts';
import { bitsOfFloat, isFiniteBody } from '../protocol/codec.ts';
import { nodeSamplesMax } from '../protocol/limits.ts';
import type { ComputeRun, ComputeTask, NodeRows, Outcome } from './ports.ts';

export interface ThreadOptions {
  /** The kernels in a memory: `instantiateKernels` with a compiled module, or the plain twin. */
  readonly kernels: (memory: KernelMemory) => Kernels;
  /** Milliseconds since some moment, to tell how long a node took. */
  readonly nowMs: () => number;
}

/** One thread that computes for one run. */
export interface ComputeThread {
  /** See {@link ComputeSession}. */
  setWeights(version: number, weights: Uint8Array, replaces: number | undefined): void;
  /** @throws Error where the version of the task is not here, which is a bug of the caller */
  compute(task: ComputeTask): Outcome;
}

/** What an engine makes of the known-answer test, as the hello has it. */
export function answerOf({ kernels }: Pick<ThreadOptions, 'kernels'>): string {
  const memory = createMemory(KNOWN_ANSWER_BYTES);
  return knownAnswer(kernels(memory), memory, 0);
}

interface Places {
  /** Addresses of the two versions of the weights. */
  readonly weights: readonly [number, number];
  readonly gradient: number;
  readonly sums: number;
  readonly computer: NodeComputer;
}

/** One of the two places for weights. */
interface HeldWeights {
  readonly address: number;
  version: number | undefined;
  /** Whether columns of zeros may be left out, which keeps the bits only where all weights are finite. */
  finite: boolean;
}

/** @throws RangeError where the machine does not have the memory that the run needs */
export function openComputeThread(run: ComputeRun, { kernels: engine, nowMs }: ThreadOptions): ComputeThread {
  const measured = createArena(64);
  place(run, measured, new ArrayBuffer(0));
  const memory = createMemory(measured.end);
  const { buffer } = memory;
  const { weights, gradient, sums, computer } = place(run, createArena(64), buffer);
  const kernels = engine(memory);
  const view = new DataView(buffer);
  const bytes = parameterCount(run.model) * 4;
  const held = weights.map((address): HeldWeights => ({ address, version: undefined, finite: false }));
  const load = rowLoader(run, kernels, buffer);

  return {
    setWeights(version, body, replaces) {
      const to = held.find((place) => place.version === replaces);
      if (to === undefined) throw new Error(`version ${replaces} of the weights is not here to be replaced`);
      new Uint8Array(buffer, to.address, bytes).set(body);
      Object.assign(to, { version, finite: isFiniteBody(body) });
    },

    compute({ node, version, begin, end, rows }) {
      const from = held.find((place) => place.version === version);
      if (from === undefined) throw new Error(`version ${version} of the weights is not here`);
      const startMs = nowMs();
      const samples = {
        begin,
        end,
        shardSize: run.shardSize,
        step: node.step,
        weighted: run.weighted,
        skipZeros: from.finite,
        load: load(rows, begin),
      };
      computer.gradient(kernels, from.address, samples, gradient, sums);
      const sum = new Uint8Array(bytes);
      sum.set(new Uint8Array(buffer, gradient, bytes));
      const loss = view.getFloat32(sums, true);
      const computeUs = Math.max(0, Math.round((nowMs() - startMs) * 1000));
      if (!Number.isFinite(loss) || !isFiniteBody(sum)) return { kind: 'notFinite', computeUs };
      const correct = view.getUint32(sums + 4, true);
      return { kind: 'result', lossBits: bitsOfFloat(loss), correct, computeUs, gradient: sum };
    },
  };
}

/** Places everything of a run; over an empty memory it tells how much that takes. */
function place(run: ComputeRun, arena: Arena, buffer: ArrayBufferLike): Places {
  const bytes = parameterCount(run.model) * 4;
  return {
    weights: [arena.allocate(bytes), arena.allocate(bytes)],
    gradient: arena.allocate(bytes),
    sums: arena.allocate(SUMS_BYTES),
    computer: placeNodeComputer(run.model, {
      arena,
      shardSize: run.shardSize,
      samplesMax: nodeSamplesMax(run),
      evaluationShardSize: 1,
      seed: run.seed,
      f32: new Float32Array(buffer),
      u32: new Uint32Array(buffer),
    }),
  };
}

/** Copies rows of a node, which begins at a position of the mini-batch, into the network. */
function rowLoader(
  run: ComputeRun,
  kernels: Kernels,
  buffer: ArrayBufferLike,
): (rows: NodeRows, first: number) => LoadSamples {
  const memory = new Uint8Array(buffer);
  const { kind, width } = run.features;
  const ld = leadingDimension(width);
  const targetBytes = run.targets.kind === 'classes' ? 4 : run.targets.width * 4;
  const loadFeatures = (network: Network, features: Uint8Array, from: number, to: number): void => {
    const count = to - from;
    if (kind === 'u8') {
      memory.set(features.subarray(from * width, to * width), network.inputBytes);
      const divisor = run.features.kind === 'u8' && run.features.scale === 'unit' ? 255 : 1;
      kernels.bytesToRows(network.inputBytes, network.inputRows, count, width, ld, divisor);
      return;
    }
    // Behind the width rows stay what they were at the start, zero.
    for (let row = from; row < to; row++) {
      const at = network.inputRows + (row - from) * ld * 4;
      memory.set(features.subarray(row * width * 4, (row + 1) * width * 4), at);
    }
  };
  return (rows, first) => (network, begin, end) => {
    const [from, to] = [begin - first, end - first];
    loadFeatures(network, rows.features, from, to);
    memory.set(rows.targets.subarray(from * targetBytes, to * targetBytes), network.targets);
    if (run.weighted) memory.set(rows.weights.subarray(from * 4, to * 4), network.sampleWeights);
  };
}
