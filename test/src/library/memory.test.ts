/** Arrays of a program in the place of files: the same weights, and a run that knows them again. */

import { readFileSync } from 'node:fs';
import type { ConfigInput, MemoryParts, TrainResult } from 'hivegrad';
import { evaluate, predict, train } from 'hivegrad';
import { encodeNpy } from 'hivegrad/data/fixtures.test.support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hivegrad, killAll } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import { codeOf, smallInput } from './runs.ts';

const features = Array.from({ length: 60 }, (_, i) => [(i * 7) % 11, ((i * 5) % 13) / 10]);
const classes = Array.from({ length: 60 }, (_, i) => (i + (i >> 3)) % 3);
const weights = classes.map((target) => 1 + target / 2);
const names = classes.map((target) => ['ash', 'elm', 'oak'][target]!);
const data: MemoryParts = { train: { features, targets: names, weights } };
const settings = {
  model: {
    layers: [
      { type: 'dense', units: 6, activation: 'silu' },
      { type: 'dense', units: 3 },
    ],
  },
  validationFraction: 0.1,
  epochs: 3,
} as const;
const how = { task: 'classes', standardize: true } as const;
const config: ConfigInput = { ...settings, data: { kind: 'memory', ...how } };

let place: Workplace;
let run: string;
let trained: TrainResult;
beforeAll(async () => {
  place = createWorkplace();
  run = place.path('run');
  trained = await train(config, { data, out: run, threads: 2 }).result;
}, 60_000);
afterAll(() => {
  killAll();
  place.remove();
});

describe('a training on arrays', () => {
  it('comes to the weights of the same values in NPY files', async () => {
    place.write('x.npy', encodeNpy('<f8', [60, 2], Float64Array.from(features.flat())));
    place.write('y.npy', encodeNpy('<i4', [60], Int32Array.from(classes)));
    place.write('w.npy', encodeNpy('<f8', [60], Float64Array.from(weights)));
    const [x, y, w] = ['x.npy', 'y.npy', 'w.npy'].map((name) => place.path(name));
    const files = { kind: 'npy', train: { features: x!, targets: y!, weights: w! }, ...how } as const;
    const theirs = await train({ ...settings, data: files }, { threads: 1 }).result;
    expect(trained.weightsDigest).toBe(theirs.weightsDigest);
    const [first, ...rest] = weights;
    const others = { train: { ...data.train, weights: [first! + 1, ...rest] } };
    const ours = await train(config, { data: others, threads: 1 }).result;
    expect(ours.weightsDigest).not.toBe(theirs.weightsDigest);
  });

  it('comes to the weights of the same bytes in IDX files', async () => {
    const input = smallInput(place);
    // The files begin with headers of 16 and 8 bytes.
    const part = (name: string) => ({
      features: readFileSync(place.path(`${name}-images`)).subarray(16),
      width: 16,
      targets: readFileSync(place.path(`${name}-labels`)).subarray(8),
    });
    const arrays = { train: part('train'), test: part('test') };
    const ours = train({ ...input, data: { kind: 'memory', task: 'classes' } }, { data: arrays, threads: 2 });
    const theirs = train(input, { threads: 1 });
    expect((await ours.result).weightsDigest).toBe((await theirs.result).weightsDigest);
  });

  it('goes on with the same arrays, and with no others', async () => {
    const out = place.path('stopped');
    const signal = AbortSignal.abort();
    expect((await train(config, { data, out, signal, threads: 1 }).result).outcome).toBe('stopped');
    const other = { train: { ...data.train, features: features.with(7, [0, 0]) } };
    expect(await codeOf(train(undefined, { resume: out, data: other, threads: 1 }).result)).toBe(
      'DATA_DIFFERS',
    );
    expect(await codeOf(train(undefined, { resume: out, threads: 1 }).result)).toBe('DATA_MISSING');
    const resumed = await train(undefined, { resume: out, data, threads: 1 }).result;
    expect(resumed.weightsDigest).toBe(trained.weightsDigest);
  });

  it('leaves a run that is evaluated on arrays, and answers lists of numbers', async () => {
    const { samples, evaluation } = await evaluate(run, { data, threads: 1 });
    expect(samples).toBe(12);
    expect(evaluation).toEqual(trained.evaluation);
    const lists = await predict(run, features, { threads: 1 });
    expect(lists).toMatchObject({ samples: 60, names: ['ash', 'elm', 'oak'] });
    expect((await predict(run, features.flat(), { threads: 2 })).rows).toEqual(lists.rows);
    expect(await codeOf(predict(run, [[1, 2, 3]], { threads: 1 }))).toBe('DATA_MISMATCH');
    expect(await codeOf(predict(run, features, { format: 'csv' }))).toBe('CONFIG_INVALID');
  });

  it('is refused without arrays, beside files, and on the command line', async () => {
    expect(await codeOf(train(config, { threads: 1 }).result)).toBe('DATA_MISSING');
    expect(await codeOf(evaluate(run, { threads: 1 }))).toBe('DATA_MISSING');
    expect(await codeOf(train(smallInput(place), { data, threads: 1 }).result)).toBe('CONFIG_INVALID');
    const file = place.write('memory.json', JSON.stringify(config));
    const { code, stderr } = await hivegrad(['train', file, '--out', place.path('none')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^Error DATA_MISSING: .*pass options\.data to the function of the library, .*or read files\.$/m,
    );
  });
});

describe('predict', () => {
  it('answers objects as it answers the same rows of a file, for a network that learnt from a table', async () => {
    const rows = features.map(([a, b], i) => ({ a, b, kind: names[i] }));
    const table = place.write('trees.json', JSON.stringify(rows));
    const out = place.path('trees');
    const trees = { kind: 'json', train: table, target: 'kind', task: 'classes' } as const;
    await train({ ...settings, data: trees }, { out, threads: 1 }).result;
    const asked = rows.slice(0, 5).map(({ a, b }) => ({ b, a, other: 'x' }));
    const file = place.write('asked.json', JSON.stringify(asked));
    expect(await predict(out, asked, { threads: 1 })).toEqual(await predict(out, file, { threads: 1 }));
    expect(await codeOf(predict(out, features, { threads: 1 }))).toBe('DATA_FORMAT');
  });
});
