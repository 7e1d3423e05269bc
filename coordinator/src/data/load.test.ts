import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeIdx, failureOf, writeTestFiles } from './fixtures.test.support.ts';
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
