import { UserError } from '@hivegrad/shared/errors';
import type { DenseSpec } from '@hivegrad/shared/model/spec';
import { constantRate, noClipping } from '@hivegrad/shared/optim/spec';
import { samplesOfNode } from '@hivegrad/shared/reduce/tree';
import { describe, expect, it } from 'vitest';
import type { TrainingSpec } from './layout.ts';
import { EVALUATION_SHARD_SIZE, nodesOfBatch, nodesOfEvaluation, planLayout } from './layout.ts';

const layer = (units: number): DenseSpec => ({
  type: 'dense',
  units,
  activation: 'relu',
  bias: 'unit',
  initializer: 'heNormal',
});

function spec(options: { units?: number; batchSize?: number; shardSize?: number } = {}): TrainingSpec {
  const { units = 512, batchSize = 256, shardSize = 16 } = options;
  return {
    model: { inputSize: 784, layers: [layer(units), layer(10)], loss: 'softmaxCrossEntropy' },
    optimizer: { type: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    schedule: constantRate,
    clipping: noClipping,
    batchSize,
    shardSize,
    seed: 1,
  };
}

describe('memory', () => {
  const threads = [1, 2, 3, 4, 8, 16, 64];
  const layouts = threads.map((count) => planLayout(spec(), count, 25_600));
  const nodes = threads.map((count) => nodesOfBatch(256, 16, count).nodes);

  it('holds the weights and the state twice for all threads together', () => {
    const vector = 4 * layouts[0]!.parameters;
    for (const [i, layout] of layouts.entries()) {
      expect(layout.versions).toEqual(layouts[0]!.versions);
      // Two versions of weights, m and v; what is not a slot, nor an arena, is beside them next to nothing.
      const shared = layout.arenas[0]! - nodes[i]! * layout.slotStride;
      expect(shared).toBe(layouts[0]!.arenas[0]! - nodes[0]! * layout.slotStride);
      expect(shared).toBeGreaterThan(6 * vector);
      expect(shared).toBeLessThan(6 * vector + 8192);
    }
  });

  it('has a gradient for each node of a step, of which there are at most as many as shards', () => {
    expect(nodes.at(-1)).toBe(16);
    for (const [i, layout] of layouts.entries()) {
      expect(layout.sums - layout.slots).toBeGreaterThanOrEqual(nodes[i]! * layout.slotStride);
      expect(layout.slotStride).toBeGreaterThanOrEqual(layout.parameters * 4 + 64);
    }
  });

  it('gives each thread an arena of the same size in which no weights lie', () => {
    for (const layout of layouts) {
      const ends = [...layout.arenas.slice(1), layout.bytes - 64];
      const sizes = layout.arenas.map((begin, i) => ends[i]! - begin);
      expect(sizes).toHaveLength(layout.threads);
      expect(new Set(sizes).size).toBe(1);
    }
    const [narrow, wide] = [50_000, 100_000].map((units) => {
      const { arenas } = planLayout(spec({ units }), 2, 25_600);
      return arenas[1]! - arenas[0]!;
    });
    // Per unit activations, derivatives, rows and packed rows of 256 samples; a unit's 795 weights would be 3180 bytes.
    expect((wide! - narrow!) / 50_000).toBeLessThan(4.5 * 256 * 4);
  });

  it('does not depend on the size of the data set', () => {
    for (const samples of [256, 256 * 1_000_000]) {
      expect(planLayout(spec(), 4, samples)).toEqual(planLayout(spec(), 4, 25_600));
    }
  });

  it('keeps its parts apart', () => {
    for (const layout of layouts) {
      const { versions, slots, sums, arenas, bytes, parameters } = layout;
      const starts = [...versions.flatMap(({ weights, state }) => [weights, ...state]), slots];
      for (const [i, start] of starts.slice(1).entries()) {
        expect(start - starts[i]!).toBeGreaterThanOrEqual(parameters * 4 + 64);
      }
      expect(arenas[0]! - sums).toBeGreaterThanOrEqual(layout.tasksMax * 8);
      for (const address of [...starts, sums, ...arenas]) expect(address % 64).toBe(0);
      expect(bytes).toBeGreaterThan(arenas.at(-1)!);
    }
  });
});

describe('a plan', () => {
  it('has room for every batch of an epoch, the last and smaller one too, whatever the numbers', () => {
    for (const threads of [1, 2, 3, 5, 7, 16]) {
      for (const [batchSize, shardSize] of [
        [1, 1],
        [7, 7],
        [60, 7],
        [256, 16],
        [100, 3],
        [1000, 16],
        [5000, 100],
      ] as const) {
        for (const samples of [1, 59, 60, 61, 250, 448, 1017, 5003]) {
          const layout = planLayout(spec({ units: 8, batchSize, shardSize }), threads, samples);
          const batch = Math.min(batchSize, samples);
          for (const count of new Set([batch, samples % batch || batch])) {
            const { level, nodes } = nodesOfBatch(count, shardSize, threads);
            const what = `${count} of ${samples} samples in ${nodes} nodes for ${threads} threads`;
            expect(nodes, what).toBeLessThanOrEqual(layout.tasksMax);
            expect(layout.sums - layout.slots, what).toBeGreaterThanOrEqual(nodes * layout.slotStride);
            const { begin, end } = samplesOfNode({ level, index: 0 }, count, shardSize);
            expect(end - begin, what).toBeLessThanOrEqual(layout.nodeSamplesMax);
          }
        }
      }
    }
  });

  it('cuts the update in a slice for each thread, and in fewer where slices would be tiny', () => {
    expect([1, 2, 7].map((threads) => planLayout(spec(), threads, 1000).slices)).toEqual([1, 2, 7]);
    // 2 (784 + 1) + 10 * 2 + 10 parameters.
    expect([1, 2, 16].map((threads) => planLayout(spec({ units: 2 }), threads, 1000).slices)).toEqual([
      1, 2, 3,
    ]);
  });
});

describe('room for rounds', () => {
  it('is not kept where there are none', () => {
    const { round, slots, sums, slotStride } = planLayout(spec(), 2, 25_600);
    expect(round).toBeUndefined();
    expect(sums - slots).toBe(2 * slotStride + 64);
  });

  it('is a slot for each part of what threads keep and audit, and for each sum of a remote worker', () => {
    for (const [threads, nodesMax, batchSize, localSlots, remoteSlots] of [
      // 16 shards in two parts of level 3.
      [2, 1, 256, 2 + 4, 1 + 8 + 2],
      [2, 6, 256, 6 + 4, 6 + 8 + 2],
      [2, 100, 256, 16 + 4, 16 + 8 + 2],
      // Four shards in two parts.
      [2, 6, 64, 4 + 4, 4 + 8 + 2],
      // 1024 shards in 16 parts of level 6.
      [16, 4, 16_384, 16 + 32, 4 + 8 + 2],
      [16, 64, 16_384, 64 + 32, 64 + 8 + 2],
      // 313 shards in 20 parts of level 4: more slots than an evaluation has tasks.
      [3, 320, 5_008, 313 + 40, 313 + 8 + 2],
    ] as const) {
      const rounds = { nodesMax, sparesMax: 8 };
      const layout = planLayout(spec({ batchSize }), threads, 2 * batchSize, { rounds });
      expect(layout.round).toMatchObject({ localSlots, remoteSlots });
      const { slots, sums, slotStride, arenas, tasksMax } = layout;
      const round = layout.round!;
      const [first, second] = round.stacks;
      expect(sums - slots).toBeGreaterThanOrEqual((localSlots + remoteSlots) * slotStride);
      expect(round.sums - sums).toBeGreaterThanOrEqual(tasksMax * 8);
      expect(first - round.sums).toBeGreaterThanOrEqual(localSlots * 8);
      expect(second - first).toBeGreaterThanOrEqual(32 * 512 * 4);
      expect(arenas[0]! - second).toBeGreaterThanOrEqual(32 * 512 * 4);
      expect(tasksMax).toBeGreaterThanOrEqual(localSlots);
    }
  });

  it('is enough for the last mini-batch of an epoch where that is cut in more parts', () => {
    // 32 shards in two parts of level 4, and 17 that no larger nodes share out as evenly.
    const parts = [512, 272].map((count) => nodesOfBatch(count, 16, 2).nodes);
    expect(parts).toEqual([2, 17]);
    const rounds = { nodesMax: 1, sparesMax: 0 };
    const { round } = planLayout(spec({ batchSize: 512 }), 2, 512 + 272, { rounds });
    expect(round).toMatchObject({ localSlots: 17 + 2 * 17, remoteSlots: 1 + 0 + 2 });
  });
});

describe('an evaluation', () => {
  it('has at most 256 nodes, and for each thread some as long as there are shards', () => {
    for (const samples of [1, 128, 129, 10_000, 1_000_000, 100_000_000]) {
      const shards = Math.ceil(samples / EVALUATION_SHARD_SIZE);
      for (const threads of [1, 2, 16, 254]) {
        const { level, nodes } = nodesOfEvaluation(samples, threads);
        expect(nodes).toBe(Math.ceil(shards / 2 ** level));
        expect(nodes).toBeLessThanOrEqual(256);
        expect(nodes).toBeGreaterThanOrEqual(Math.min(shards, threads, 128));
      }
    }
  });
});

describe('a training that does not fit', () => {
  const refusal = (units: number, threads: number): unknown => {
    try {
      planLayout(spec({ units }), threads, 1024);
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it('is refused with the size of each part and what to change', () => {
    const error = refusal(200_000, 4);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ code: 'MODEL_TOO_LARGE' });
    const { message } = error as UserError;
    expect(message).toMatch(
      /^This training needs (\d+\.\d) GiB of memory, and the kernels can address 4 GiB: (\d+\.\d) GiB for two versions of 159,000,010 weights with the optimizer's state, (\d+\.\d) GiB for gradients, (\d+\.\d) GiB for the activations of 4 threads\. Use smaller layers, a smaller shardSize or fewer --threads\.$/,
    );
    const [total, versions, gradients, arenas] = [...message.matchAll(/(\d+\.\d) GiB/g)].map(([, size]) =>
      Number(size),
    );
    expect(versions).toBe(3.6);
    expect(gradients).toBe(2.4);
    expect(total! - versions! - gradients! - arenas!).toBeCloseTo(0, 0);
  });

  it('fits with fewer threads where only the arenas were too large', () => {
    expect(refusal(20_000, 254)).toMatchObject({ code: 'MODEL_TOO_LARGE' });
    expect(refusal(20_000, 4)).toBeUndefined();
  });
});
