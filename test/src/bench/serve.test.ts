import { expect, test } from 'vitest';
import { batches, layersOf, shuffler, type TrainingTask } from './serve.ts';

const task = { widths: [3, 2, 1], samples: 10, batchSize: 4 } as unknown as TrainingTask;

test('a shuffled order holds every sample once', () => {
  const order = shuffler(100)();
  expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('mini-batches of an epoch share no sample, and what does not fill one is left out', () => {
  const next = batches(task);
  for (let epoch = 0; epoch < 3; epoch++) {
    expect(new Set([...next(), ...next()]).size).toBe(8);
  }
});

test('layers are views of the flat weights: weight, then bias, layer after layer', () => {
  const flat = Float32Array.from({ length: 11 }, (_, i) => i);
  const [first, second] = layersOf(task, flat);
  expect([first?.weight, first?.bias].map((view) => Array.from(view ?? []))).toEqual([
    [0, 1, 2, 3, 4, 5],
    [6, 7],
  ]);
  expect([second?.weight, second?.bias].map((view) => Array.from(view ?? []))).toEqual([[8, 9], [10]]);
  expect(second).toMatchObject({ inputs: 2, outputs: 1 });
});
