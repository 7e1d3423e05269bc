/** Gradients of random networks against an independent float64 model, its finite differences, and the tree's definition. */

import type { ModelSpec } from '@hivegrad/shared/model/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forAll } from '../conformance/cases.ts';
import type { Gradient, Samples } from '../support/bench-network.ts';
import { benchNetwork, engines } from '../support/bench-network.ts';
import type { Tensor } from '../support/float64-network.ts';
import { float64Network } from '../support/float64-network.ts';
import { randomNetworks } from '../support/random-networks.ts';

/** Parameters of a tensor whose finite differences are taken: all of a small one. */
const DIFFERENCES_MAX = 12;

/** Relative to the tensor's largest derivative; what is below the second term is noise of float32 terms near 1. */
const tolerance = (reference: Float64Array, { offset, size }: Tensor) =>
  3e-5 * Math.max(...reference.subarray(offset, offset + size).map(Math.abs)) + 3e-7;

function* parametersOfTensor({ offset, size }: Tensor): Generator<number> {
  const stride = Math.ceil(size / DIFFERENCES_MAX);
  for (let i = 0; i < size; i += stride) yield offset + i;
}

/** Networks that are smooth where they stand, so that a difference is a derivative. */
const smooth = randomNetworks().filter(
  ({ model, weights, samples }) =>
    float64Network(model).distanceToKink(new Float64Array(weights), samples.x) > 1e-4,
);

it('the float64 model agrees with its own finite differences', () => {
  forAll(smooth, 200, ({ model, weights, samples }) => {
    const network = float64Network(model);
    const w = new Float64Array(weights);
    const gradient = network.gradient(w, samples.x, samples.y);
    for (const tensor of network.tensors) {
      for (const parameter of parametersOfTensor(tensor)) {
        const difference = network.difference(w, parameter, samples.x, samples.y);
        expect(Math.abs(gradient[parameter]! - difference), tensor.name).toBeLessThanOrEqual(
          tolerance(gradient, tensor) / 10,
        );
      }
    }
  });
});

describe.each(engines)('with %s kernels', (engine) => {
  it('losses and gradients of random networks agree with float64 and its finite differences', () => {
    forAll(smooth, 200, ({ model, weights, samples, count, shardSize }) => {
      const ours = benchNetwork(engine, model, { samplesMax: count, shardSize });
      ours.weights = weights;
      const { gradient, loss } = ours.gradient(samples, shardSize);
      const network = float64Network(model);
      const w = new Float64Array(weights);
      const reference = network.gradient(w, samples.x, samples.y);
      expect(gradient).toHaveLength(network.parameters);
      const lossReference = network.loss(w, samples.x, samples.y);
      expect(Math.abs(loss - lossReference)).toBeLessThanOrEqual(1e-5 * lossReference + 1e-6);
      for (const tensor of network.tensors) {
        const allowed = tolerance(reference, tensor);
        for (let i = tensor.offset; i < tensor.offset + tensor.size; i++) {
          expect(Math.abs(gradient[i]! - reference[i]!), tensor.name).toBeLessThanOrEqual(allowed);
        }
        for (const i of parametersOfTensor(tensor)) {
          const difference = network.difference(w, i, samples.x, samples.y);
          expect(Math.abs(gradient[i]! - difference), tensor.name).toBeLessThanOrEqual(allowed);
        }
      }
    });
  });

  it('the gradient of a node is the tree over its shards computed one by one, to the bit', () => {
    forAll(randomNetworks(40), 150, ({ model, weights, samples, shardSize }) => {
      const { node, shards } = nodeAndShards(engine, { model, weights, samples, shardSize });
      const root = treeByDefinition(shards);
      expect(bitsOf(node.gradient)).toEqual(bitsOf(root.gradient));
      expect(node.loss).toBe(root.loss);
      expect(node.correct).toBe(shards.reduce((sum, { correct }) => sum + correct, 0));
    });
  });

  it('so is that of a node of several passes', () => {
    const shardSizes = fc.constantFrom(1, 7, 16, 100, 300);
    const cases = fc.tuple(randomNetworks(900), shardSizes);
    forAll(cases, 12, ([{ model, weights, samples }, shardSize]) => {
      const { node, shards } = nodeAndShards(engine, { model, weights, samples, shardSize });
      const root = treeByDefinition(shards);
      expect(bitsOf(node.gradient)).toEqual(bitsOf(root.gradient));
      expect(node.loss).toBe(root.loss);
    });
  });
});

it('a shard that is missing, doubled, out of place or added from left to right shows in the bits', () => {
  const missed = { missing: 0, doubled: 0, 'out of place': 0, 'from left to right': 0 };
  const cases = randomNetworks(40).filter(
    ({ count, shardSize, weights }) => Math.ceil(count / shardSize) >= 5 && weights.length >= 50,
  );
  const runs = 40;
  forAll(cases, runs, (network) => {
    const { node, shards } = nodeAndShards('simd', network);
    const [first, second, third, ...rest] = shards as [Gradient, Gradient, Gradient, ...Gradient[]];
    const wrong = {
      missing: treeByDefinition(shards.slice(1)),
      doubled: treeByDefinition([first, ...shards]),
      'out of place': treeByDefinition([first, third, second, ...rest]),
      'from left to right': (shards as Sum[]).reduce(added),
    };
    for (const [how, { gradient }] of Object.entries(wrong)) {
      const same = bitsOf(gradient).every((word, i) => word === bitsOf(node.gradient)[i]);
      if (same) missed[how as keyof typeof missed]++;
    }
  });
  // In a network whose units are mostly dead few sums have two terms; all others show everything.
  for (const [how, count] of Object.entries(missed)) expect(count, how).toBeLessThanOrEqual(runs / 10);
});

type Sum = Pick<Gradient, 'gradient' | 'loss'>;

/** The gradient of all samples as one node, and those of its shards, each as a node of its own. */
function nodeAndShards(
  engine: (typeof engines)[number],
  options: { model: ModelSpec; weights: Float32Array; samples: Samples; shardSize: number },
): { node: Gradient; shards: Gradient[] } {
  const { model, weights, samples, shardSize } = options;
  const count = samples.x.length;
  const network = benchNetwork(engine, model, { samplesMax: count, shardSize });
  network.weights = weights;
  const node = network.gradient(samples, shardSize);
  const shards = Array.from({ length: Math.ceil(count / shardSize) }, (_, i) => {
    const cut = <T>(rows: readonly T[]) => rows.slice(i * shardSize, (i + 1) * shardSize);
    return network.gradient({ x: cut(samples.x), y: cut(samples.y as number[]) }, shardSize);
  });
  return { node, shards };
}

/** The left child of a node is its largest full subtree; a node without a right sibling is its left one. */
function treeByDefinition(shards: readonly Sum[]): Sum {
  if (shards.length === 1) return shards[0]!;
  let left = 1;
  while (left * 2 < shards.length) left *= 2;
  return added(treeByDefinition(shards.slice(0, left)), treeByDefinition(shards.slice(left)));
}

function added(left: Sum, right: Sum): Sum {
  const gradient = left.gradient.map((value, i) => value + right.gradient[i]!);
  return { gradient, loss: Math.fround(left.loss + right.loss) };
}

function bitsOf(gradient: Float32Array): Uint32Array {
  return new Uint32Array(gradient.buffer, gradient.byteOffset, gradient.length);
}
