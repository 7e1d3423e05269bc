/** Steps in rounds: whatever nodes cover a step, and whoever computed them, the bits are those of `runSteps`. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import { noClipping } from '@hivegrad/shared/optim/spec';
import { afterEach, describe, expect, it } from 'vitest';
import type { Fault, Faults } from '../faults/thread.ts';
import { digestOf, uniform } from '../support/datasets.ts';
import {
  computed,
  endOf,
  leaves,
  mixed,
  randomCover,
  right,
  root,
  rootOf,
  STEPS,
  shardsOf,
  shuffled,
  spec,
  straight,
  withPool,
} from './rounds.ts';

describe('rounds', () => {
  it('give the weights, state and losses of runSteps for any nodes, any threads, and whoever computed them', async () => {
    const expected = await straight();
    for (const [seed, threads] of [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ] as const) {
      expect(await mixed({ threads }, { seed, chance: 1 })).toEqual(expected);
    }
    expect(await mixed({ engine: 'plain' }, { seed: 5, chance: 1 })).toEqual(expected);
  });

  it('in turn with runSteps, at random steps, give the same bits', async () => {
    const expected = await straight();
    for (const seed of [6, 7])
      expect(await mixed({ threads: seed - 5 }, { seed, chance: 0.5 })).toEqual(expected);
  });

  it('give the same bits without clipping, and where an update has no squares', async () => {
    const plain = { ...spec, clipping: noClipping };
    expect(await mixed({ spec: plain }, { seed: 8, chance: 1 })).toEqual(await straight({ spec: plain }));
  });

  it('give the same bits for nodes of more samples than a pass takes', async () => {
    const large = { ...spec, batchSize: 250, shardSize: 3, clipping: noClipping };
    const expected = await withPool({ spec: large, rounds: undefined }, async (pool) => {
      await pool.runSteps(0, 1);
      return endOf(pool, 1);
    });
    const random = uniform(9);
    for (const threads of [1, 3]) {
      await withPool({ spec: large, threads, rounds: { nodesMax: 84, sparesMax: 0 } }, async (pool) => {
        const cover = shuffled(randomCover({ level: 7, index: 0 }, 84, random), random);
        const sums = await computed(pool, 0, cover);
        expect(await pool.closeStep(0, sums)).toMatchObject({ samples: 250, diverged: false });
        expect(endOf(pool, 1)).toEqual(expected);
      });
    }
  });

  it('leave evaluations and predictions alone that come between the nodes of a step', async () => {
    const expected = await withPool({ rounds: undefined }, async (pool) => {
      const tested = await pool.evaluate(0, 'test');
      const answers = digestOf((await pool.predict(0, { part: 'test', begin: 0, end: 300 })).slice());
      return { tested, answers, sums: (await pool.runSteps(0, 1)).sums, ...endOf(pool, 1) };
    });
    await withPool({}, async (pool) => {
      const known = await computed(pool, 0, [right, ...leaves(8)]);
      const tested = await pool.evaluate(0, 'test');
      const answers = digestOf((await pool.predict(0, { part: 'test', begin: 0, end: 300 })).slice());
      const { diverged: _, ...sums } = await pool.closeStep(0, known);
      expect({ tested, answers, sums: [sums], ...endOf(pool, 1) }).toEqual(expected);
    });
  });

  it('keep a version readable while the next one is written', async () => {
    await withPool({}, async (pool) => {
      const bytes = pool.weightsBytes(0);
      const before = digestOf(new Float32Array(bytes.slice().buffer));
      expect(before).toBe(digestOf(initialWeights(spec.model, spec.seed)));
      await pool.closeStep(0, await computed(pool, 0, [root]));
      expect(digestOf(new Float32Array(bytes.slice().buffer))).toBe(before);
      expect(digestOf(new Float32Array(pool.weightsBytes(1).slice().buffer))).toBe(endOf(pool, 1).weights);
    });
  });
});

describe('a thread that is lost', () => {
  let marks = '';
  const withFaults = (faults: readonly Fault[]) => {
    marks = mkdtempSync(join(tmpdir(), 'hivegrad-faults-'));
    process.env.HIVEGRAD_TEST_FAULTS = JSON.stringify({ marks, faults } satisfies Faults);
  };
  afterEach(() => {
    delete process.env.HIVEGRAD_TEST_FAULTS;
    rmSync(marks, { recursive: true, force: true });
  });
  const threadEntry = new URL('../../dist/faults/thread.js', import.meta.url);

  it('in any phase of rounds costs no bit', async () => {
    const phases = ['compute', 'squares', 'update'] as const;
    const kinds = ['throw', 'trap', 'stack', 'exit'] as const;
    const random = uniform(12);
    const faults = Array.from({ length: 16 }, (_, i) => ({
      kind: kinds[i % kinds.length]!,
      phase: phases[i % 3]!,
      step: Math.floor(random() * STEPS),
    }));
    withFaults(faults);
    const run = await withPool({ threads: 3, threadEntry }, async (pool) => {
      const sums = [];
      for (let step = 0; step < STEPS; step++) {
        const cover = shuffled(randomCover(rootOf(step), shardsOf(step), random), random);
        const known = await computed(pool, step, cover);
        const { diverged: _, ...closed } = await pool.closeStep(step, known);
        sums.push(closed);
      }
      return { sums, ...endOf(pool, STEPS) };
    });
    expect(readdirSync(marks)).toHaveLength(16);
    expect(run).toEqual(await straight());
  });

  it('three times over the same node ends the run and names its samples', async () => {
    withFaults([{ kind: 'throw', phase: 'compute', step: 0, always: true }]);
    const asked = withPool({ threads: 1, threadEntry }, (pool) => pool.computeNodes(0, [right]));
    await expect(asked).rejects.toMatchObject({
      code: 'POISON_SHARD',
      message: expect.stringMatching(/^At step 0 3 threads were lost .* over the same 4 samples: /),
    });
  });
});
