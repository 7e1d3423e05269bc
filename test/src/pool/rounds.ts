/**
 * What tests of steps in rounds share: a training with everything in it, covers of its tree, and remote workers, which
 * compute a node in one piece without a pool.
 */

import type { Dataset } from '@hivegrad/shared/data/dataset';
import { batchOfStep, epochOrder } from '@hivegrad/shared/data/sampler';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import { parameterCount } from '@hivegrad/shared/model/parameters';
import type { Node } from '@hivegrad/shared/reduce/tree';
import { nodesOnLevel, samplesOfNode } from '@hivegrad/shared/reduce/tree';
import type { TrainingSpec } from '@hivegrad/worker/layout';
import type { LocalPool, PoolOptions } from '@hivegrad/worker/pool';
import { openPool } from '@hivegrad/worker/pool';
import type { NodeResult } from '@hivegrad/worker/round';
import { gradient } from 'hivegrad/api/gradient';
import { expect } from 'vitest';
import { clouds, digestOf, uniform } from '../support/datasets.ts';

const EPOCHS = 3;
// 60, 60, 60, 60 and 10 samples in shards of 7: 9, 9, 9, 9 and 2.
export const STEPS_PER_EPOCH = 5;
export const STEPS = EPOCHS * STEPS_PER_EPOCH;
const train = withWeights(clouds(1, { samples: 250, width: 19, classes: 5, bytes: true }));
const test = clouds(2, { samples: 300, width: 19, classes: 5, bytes: true });
export const spec: TrainingSpec = {
  model: {
    inputSize: 19,
    layers: [
      { type: 'dropout', rate: 0.1 },
      { type: 'dense', units: 90, activation: 'relu', bias: 'unit', initializer: 'heNormal' },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: 5, activation: 'identity', bias: 'unit', initializer: 'glorotNormal' },
    ],
    loss: 'softmaxCrossEntropy',
  },
  optimizer: { type: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  schedule: { type: 'cosine', warmupSteps: 4, totalSteps: STEPS, finalFraction: 0.01 },
  // Below the norm of the first gradients and above that of later ones.
  clipping: { type: 'norm', limit: 0.3 },
  batchSize: 60,
  shardSize: 7,
  seed: 3,
};
export const parameters: number = parameterCount(spec.model);
export const root: Node = { level: 4, index: 0 };
export const left: Node = { level: 3, index: 0 };
export const right: Node = { level: 3, index: 1 };
export const leaves = (count: number): Node[] =>
  Array.from({ length: count }, (_, index) => ({ level: 0, index }));
export const shardsOf = (step: number): number => ((step + 1) % STEPS_PER_EPOCH === 0 ? 2 : 9);
export const rootOf = (step: number): Node => (shardsOf(step) === 2 ? { level: 1, index: 0 } : root);

function withWeights(dataset: Dataset): Dataset {
  const random = uniform(11);
  const weights = new SharedArrayBuffer(dataset.samples * 4);
  new Float32Array(weights).set(Array.from({ length: dataset.samples }, () => 2 * random()));
  return { ...dataset, weights };
}

/** Room for all leaves of a step, and some more sums of remote workers. */
const rounds = { nodesMax: 9, sparesMax: 4 };

export async function withPool<T>(
  options: Partial<PoolOptions>,
  work: (pool: LocalPool) => Promise<T>,
): Promise<T> {
  const pool = await openPool({ spec, parts: { train, test }, threads: 2, rounds, ...options });
  try {
    const used = options.spec ?? spec;
    pool.setVersion(0, initialWeights(used.model, used.seed), new Float32Array(2 * parameters));
    return await work(pool);
  } finally {
    await pool.close();
  }
}

export const endOf = (pool: LocalPool, step: number): { weights: string; state: string } => {
  const { weights, state } = pool.version(step);
  return { weights: digestOf(weights), state: digestOf(state) };
};

/** What `runSteps` gives: the judge. */
export function straight(options: Partial<PoolOptions> = {}) {
  return withPool({ rounds: undefined, ...options }, async (pool) => {
    const sums = [];
    for (let step = 0; step < STEPS; step += STEPS_PER_EPOCH) {
      sums.push(...(await pool.runSteps(step, step + STEPS_PER_EPOCH)).sums);
    }
    return { sums, ...endOf(pool, STEPS) };
  });
}

/** What a remote worker computes of a node in one piece, from the weights that it was sent. */
export async function remoteResult(
  used: TrainingSpec,
  step: number,
  node: Node,
  sent: Uint8Array,
): Promise<NodeResult> {
  const { batchSize, shardSize, seed, model } = used;
  const batch = batchOfStep(step, train.samples, batchSize);
  const { begin, end } = samplesOfNode(node, batch.count, shardSize);
  const order = epochOrder(seed, batch.epoch, train.samples).subarray(batch.begin + begin, batch.begin + end);
  const bytes = new Uint8Array(train.features.rows);
  const rows = Array.from(order).flatMap((sample) =>
    Array.from(bytes.subarray(sample * 19, sample * 19 + 19), (byte) => byte / 255),
  );
  const pick = (values: ArrayLike<number>) => Array.from(order, (sample) => values[sample]!);
  const targets = pick(new Uint32Array(train.targets.rows));
  const weights = pick(new Float32Array(train.weights!));
  const options = { shardSize, seed, step, begin, weights };
  const computed = await gradient(model, new Float32Array(sent.slice().buffer), rows, targets, options);
  // At an odd offset, as the body of a frame may lie.
  const body = new Uint8Array(parameters * 4 + 1).subarray(1);
  body.set(new Uint8Array(computed.gradient.buffer));
  return { gradient: body, lossSum: computed.lossSum, correct: computed.correct };
}

/** Nodes of any levels that cover a node. */
export function randomCover(node: Node, shards: number, random: () => number): Node[] {
  if (node.level === 0 || random() < 0.35) return [node];
  const level = node.level - 1;
  const children = [2 * node.index, 2 * node.index + 1].filter(
    (index) => index < nodesOnLevel(shards, level),
  );
  return children.flatMap((index) => randomCover({ level, index }, shards, random));
}

export const shuffled = <T>(values: readonly T[], random: () => number): T[] =>
  values
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);

/** Has local threads compute nodes, of which none may fail. */
export async function computed(pool: LocalPool, step: number, nodes: readonly Node[]): Promise<number[]> {
  const results = await pool.computeNodes(step, nodes);
  expect(results.map(({ node }) => node)).toEqual(nodes);
  return results.map(({ sum }) => sum!);
}

/** The sum of a remote worker, put in the pool. */
export async function received(
  pool: LocalPool,
  step: number,
  node: Node,
  used: TrainingSpec = spec,
): Promise<number> {
  return pool.putSum(step, node, await remoteResult(used, step, node, pool.weightsBytes(step)))!;
}

/**
 * Takes a step in a round: some nodes of a random cover are local ones, the others come from remote workers. The first
 * is audited, and the last comes twice.
 */
async function takeRound(
  pool: LocalPool,
  step: number,
  { used, random }: { used: TrainingSpec; random: () => number },
) {
  const cover = shuffled(randomCover(rootOf(step), shardsOf(step), random), random);
  const isLocal = cover.map(() => random() < 0.5);
  const local = cover.filter((_, i) => isLocal[i]);
  const remote = cover.filter((_, i) => !isLocal[i]);
  const computing = computed(pool, step, local);
  const auditing = computed(pool, step, cover.slice(0, 1));
  const put = [];
  for (const node of remote) put.push(await received(pool, step, node, used));
  const sums = [...(await computing), ...put];
  const [audit] = await auditing;
  const duplicate = await received(pool, step, cover.at(-1)!, used);
  for (const [node, sum] of [
    [cover[0]!, audit!],
    [cover.at(-1)!, duplicate],
  ] as const) {
    const known = sums[[...local, ...remote].indexOf(node)]!;
    expect(pool.compareSums(node, [known], [sum])).toBe(true);
    pool.releaseSum(sum);
  }
  const { diverged, ...closed } = await pool.closeStep(step, shuffled(sums, random));
  expect(diverged).toBe(false);
  return closed;
}

/** A training of which each step is a round with that chance, and taken by runSteps otherwise. */
export function mixed(options: Partial<PoolOptions>, { seed, chance }: { seed: number; chance: number }) {
  const random = uniform(seed);
  const { spec: used = spec } = options;
  return withPool(options, async (pool) => {
    const sums = [];
    for (let step = 0; step < STEPS; step++) {
      if (random() < chance) sums.push(await takeRound(pool, step, { used, random }));
      else sums.push(...(await pool.runSteps(step, step + 1)).sums);
    }
    return { sums, ...endOf(pool, STEPS) };
  });
}
