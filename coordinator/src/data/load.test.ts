import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeIdx, failureOf, rowsOf, writeTestFiles } from './fixtures.test.support.ts';
import { loadData } from './load.ts';

const IDX_FILES = {
  'train-images-idx3-ubyte': encodeIdx([2, 1, 2], [1, 2, 3, 4]),
  'train-labels-idx1-ubyte': encodeIdx([2], [1, 0]),
  't10k-images-idx3-ubyte': encodeIdx([1, 1, 2], [5, 6]),
  't10k-labels-idx1-ubyte': encodeIdx([1], [1]),
};

describe('loadData', () => {
  it('reads the same files as the kinds mnist and idx to the same digests', async () => {
    const directory = writeTestFiles(IDX_FILES);
    const pair = (part: string) => ({
      images: join(directory, `${part}-images-idx3-ubyte`),
      labels: join(directory, `${part}-labels-idx1-ubyte`),
    });
    const mnist = await loadData({ kind: 'mnist', directory, scale: 'unit' }, { seed: 1 });
    const idx = await loadData(
      { kind: 'idx', train: pair('train'), test: pair('t10k'), scale: 'unit' },
      { seed: 2 },
    );
    expect(idx.train.digest).toBe(mnist.train.digest);
    expect(idx.test.digest).toBe(mnist.test.digest);
  });

  it('cuts a validation part off the training images, and leaves the test part alone', async () => {
    const directory = writeTestFiles({
      ...IDX_FILES,
      'train-images-idx3-ubyte': encodeIdx([5, 1, 2], [1, 0, 2, 1, 3, 0, 4, 1, 5, 0]),
      'train-labels-idx1-ubyte': encodeIdx([5], [0, 1, 0, 1, 0]),
    });
    const spec = { kind: 'mnist', directory, scale: 'unit' } as const;
    const whole = await loadData(spec, { seed: 1 });
    const { train, validation, test, encoding, description } = await loadData(spec, {
      seed: 1,
      validationFraction: 0.4,
    });
    const drawn = [rowsOf(train.features), rowsOf(validation!.features)];
    expect(drawn.map((rows) => rows.length)).toEqual([3, 2]);
    expect(drawn.flat().toSorted()).toEqual(rowsOf(whole.train.features));
    expect(drawn[0]).toEqual(drawn[0]?.toSorted());
    for (const part of [train, validation!]) {
      expect([...new Uint32Array(part.targets.rows)]).toEqual(rowsOf(part.features).map((row) => row[1]));
    }
    expect(test.digest).toBe(whole.test.digest);
    expect(encoding).toEqual({
      input: { kind: 'bytes', width: 2, scale: 'unit' },
      target: { kind: 'classes', names: ['0', '1'] },
    });
    expect(description).toContain('MNIST: 3 training, 2 validation and 1 test samples of 2 bytes');
  });

  it('refuses images that do not fit in memory', async () => {
    const directory = writeTestFiles(IDX_FILES);
    const spec = { kind: 'mnist', directory, scale: 'unit' } as const;
    expect(await failureOf(loadData(spec, { seed: 1, memoryBytes: 3 }), directory)).toMatch(
      /^DATA_TOO_LARGE train-images-idx3-ubyte does not fit in memory: 2 x 1 x 2 bytes take 4 bytes, and there are 3/,
    );
  });

  it('hands the seed to a table that has no test file', async () => {
    const directory = writeTestFiles({
      't.csv': `a,y\n${Array.from({ length: 30 }, (_, i) => `${i},0\n`).join('')}`,
    });
    const spec = {
      kind: 'csv',
      train: join(directory, 't.csv'),
      testFraction: 0.5,
      target: ['y'],
      task: 'values',
      standardize: false,
      delimiter: ',',
      ignore: [],
      categories: [],
      standardizeTargets: false,
      missing: 'refuse',
    } as const;
    const one = await loadData(spec, { seed: 1 });
    const two = await loadData(spec, { seed: 2 });
    expect(one.train.samples).toBe(15);
    expect(one.train.digest).not.toBe(two.train.digest);
  });

  it('rejects with the error of the reader', async () => {
    const directory = writeTestFiles({});
    expect(
      await failureOf(loadData({ kind: 'mnist', directory, scale: 'unit' }, { seed: 1 }), directory),
    ).toMatch(/^DATA_MISSING There is no file train-images-idx3-ubyte in DIR/);
  });
});
