import { parameterCount } from '@hivegrad/shared/model/parameters';
import { expect, test } from 'vitest';
import { syntheticImages, syntheticPoints } from './synthetic.ts';
import { openTrainer } from './trainer.ts';
import { bindWorkload, workloads } from './workloads.ts';

test('synthetic images are a function of the seed, with as many zeros as MNIST and no empty column', () => {
  const { features, targets, digest } = syntheticImages(1, 500, 784);
  expect(digest).toBe(syntheticImages(1, 500, 784).digest);
  expect(digest).not.toBe(syntheticImages(2, 500, 784).digest);
  const rows = new Uint8Array(features.rows);
  expect(rows.filter((byte) => byte === 0).length / rows.length).toBeCloseTo(0.81, 1);
  for (let column = 0; column < 784; column++) {
    expect(rows.some((byte, i) => i % 784 === column && byte > 0)).toBe(true);
  }
  expect(new Set(new Uint32Array(targets.rows)).size).toBe(10);
});

test('synthetic points lie in the square and their target is the product', () => {
  const { features, targets } = syntheticPoints(4, 100);
  const rows = new Float32Array(features.rows);
  const values = new Float32Array(targets.rows);
  expect(rows.every((value) => value >= -1 && value < 1)).toBe(true);
  expect(values[7]).toBe(Math.fround(rows[14]! * rows[15]!));
});

test('every workload is a configuration that fits its data', () => {
  const parameters = workloads.map((workload) => {
    const train =
      workload.loss === 'squaredError'
        ? syntheticPoints(4, workload.batchSize)
        : syntheticImages(1, workload.batchSize, 784);
    return parameterCount(bindWorkload(workload, train).model);
  });
  expect(parameters).toEqual([101_770, 669_706, 5_824_522, 65]);
});

test('a trainer lowers the loss, to the same bits on one and on two threads', async () => {
  const workload = workloads[3]!;
  const train = syntheticPoints(4, 1_000);
  const digests: string[] = [];
  for (const threads of [1, 2]) {
    const trainer = await openTrainer(workload, { threads, wide: true, train });
    const before = await trainer.loss();
    await trainer.train(2_500);
    expect(await trainer.loss()).toBeLessThan(before / 2);
    digests.push(trainer.digest());
    await trainer.close();
  }
  expect(digests[0]).toBe(digests[1]);
});
