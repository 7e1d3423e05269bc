/** `evaluate()` and `predict()` against the command line and against what the training itself found. */

import { readFileSync } from 'node:fs';
import type { ConfigInput, TrainResult } from 'hivegrad';
import { evaluate, predict, train } from 'hivegrad';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import { smallInput } from './runs.ts';

const table = Array.from({ length: 60 }, (_, i) => [
  (i * 7) % 11,
  (i * 5) % 13,
  ['ash', 'elm', 'oak'][i % 3],
]);

let place: Workplace;
let run: string;
let trained: TrainResult;
beforeAll(async () => {
  place = createWorkplace();
  const data = place.write('trees.csv', `a,b,kind\n${table.map((row) => row.join()).join('\n')}\n`);
  const config: ConfigInput = {
    data: { kind: 'csv', train: data, target: 'kind', task: 'classes', testFraction: 0.25 },
    model: {
      layers: [
        { type: 'dense', units: 6, activation: 'silu' },
        { type: 'dense', units: 3 },
      ],
    },
    epochs: 5,
  };
  run = place.path('run');
  trained = await train(config, { out: run, threads: 1 }).result;
}, 60_000);
afterAll(() => {
  killAll();
  place.remove();
});

describe('evaluate', () => {
  it('finds what the training found at its end, with any threads and kernels', async () => {
    const { samples, lossSum, correct } = trained.test!;
    for (const options of [{ threads: 2 }, { threads: 3, kernels: 'plain' as const }]) {
      const found = await evaluate(run, options);
      expect(found).toMatchObject({ step: trained.step, weightsDigest: trained.weightsDigest, samples: 15 });
      expect([found.loss, found.accuracy]).toEqual([lossSum / samples, correct / samples]);
      expect(found.evaluation).toEqual(trained.evaluation);
    }
  });

  it('gives the numbers of the command line, also on the training part', async () => {
    const { loss, accuracy, samples } = await evaluate(run, { on: 'train', threads: 2 });
    const lines = await succeed(['evaluate', run, '--on', 'train']);
    expect(lines).toContain(`on ${samples} samples`);
    const [, percent, printed] = /train accuracy ([\d.]+) %, train loss ([\d.]+)/.exec(lines)!;
    expect((accuracy! * 100).toFixed(2)).toBe(percent);
    expect(loss.toPrecision(4)).toBe(printed);
  });

  it('takes a configuration for its data, as an object or a path, and a checkpoint for the run', async () => {
    const { data } = JSON.parse(readFileSync(`${run}/config.json`, 'utf8')) as ConfigInput;
    const other: ConfigInput = {
      data,
      model: JSON.parse(readFileSync(`${run}/config.json`, 'utf8')).model,
      seed: 5,
    };
    const file = place.write('other.json', JSON.stringify(other));
    const { source, evaluation } = await evaluate(run, { config: other, threads: 1 });
    expect((await evaluate(source, { config: file, threads: 1 })).evaluation).toEqual(evaluation);
    expect(evaluation).not.toEqual(trained.evaluation);
  });
});

describe('predict', () => {
  it('answers with the probabilities that the command line prints', async () => {
    const file = place.write('new.csv', 'b,a\n3,4\n11,0\n0.5,9\n');
    const { rows, samples, names, weightsDigest } = await predict(run, file, { threads: 2 });
    expect({ samples, names, weightsDigest }).toEqual({
      samples: 3,
      names: ['ash', 'elm', 'oak'],
      weightsDigest: trained.weightsDigest,
    });
    const printed = (await succeed(['predict', run, file])).trimEnd().split('\n').slice(1);
    const ours = Array.from({ length: samples }, (_, i) => rows.subarray(i * 3, i * 3 + 3)).map((row) => {
      const best = names[row.indexOf(Math.max(...row))];
      return [best, ...[...row].map((value) => value.toFixed(6))].join();
    });
    expect(ours).toEqual(printed);
  });

  it('answers a run on bytes from a file of bytes', async () => {
    const bytes = place.path('bytes');
    await train({ ...smallInput(place), epochs: 1 }, { out: bytes, threads: 1 }).result;
    const one = await predict(bytes, place.path('test-images'), { threads: 1 });
    const two = await predict(bytes, place.path('test-images'), { threads: 3, kernels: 'plain' });
    expect(one.samples).toBe(200);
    expect(one.names).toHaveLength(5);
    expect(one.rows).toEqual(two.rows);
  });
});
