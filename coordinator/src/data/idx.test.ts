import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeIdx, failureOf, writeTestFiles } from './fixtures.test.support.ts';
import { loadIdx, readIdxImages, readIdxLabels } from './idx.ts';

const FOUR_PIXELS = [0, 1, 254, 255];

async function imagesFailure(content: Uint8Array): Promise<string> {
  const directory = writeTestFiles({ images: content });
  return failureOf(readIdxImages(join(directory, 'images')), directory);
}

function pairs(directory: string) {
  const pair = (part: string) => ({
    images: join(directory, `${part}-x`),
    labels: join(directory, `${part}-y`),
  });
  return { train: pair('train'), test: pair('test'), scale: 'unit' as const };
}

const VALID = {
  'train-x': encodeIdx([3, 1, 2], [1, 2, 3, 4, 5, 6]),
  'train-y': encodeIdx([3], [0, 2, 1]),
  'test-x': encodeIdx([1, 1, 2], [7, 8]),
  'test-y': encodeIdx([1], [2]),
};

async function loadFailure(files: Partial<typeof VALID>, classes?: number): Promise<string> {
  const directory = writeTestFiles({ ...VALID, ...files });
  const spec = { ...pairs(directory), ...(classes === undefined ? {} : { classes }) };
  return failureOf(loadIdx(spec, { seed: 1 }), directory);
}

describe('readIdxImages', () => {
  it('reads any number of dimensions into shared memory', async () => {
    const directory = writeTestFiles({
      one: encodeIdx([4], FOUR_PIXELS),
      four: encodeIdx([1, 2, 1, 2], FOUR_PIXELS),
    });
    for (const [name, dimensions] of [
      ['one', [4]],
      ['four', [1, 2, 1, 2]],
    ] as const) {
      const file = await readIdxImages(join(directory, name));
      expect(file.dimensions).toEqual(dimensions);
      expect(file.bytes).toBeInstanceOf(SharedArrayBuffer);
      expect([...new Uint8Array(file.bytes)]).toEqual(FOUR_PIXELS);
    }
  });

  it('recognises gzip by its content and gives the same file, across many chunks', async () => {
    const bytes = Array.from({ length: 300 * 2000 }, (_, index) => (index * index) % 251);
    const plain = encodeIdx([300, 40, 50], bytes);
    const directory = writeTestFiles({ 'plain.gz': plain, compressed: gzipSync(plain) });
    const expected = await readIdxImages(join(directory, 'plain.gz'));
    const found = await readIdxImages(join(directory, 'compressed'));
    expect([...new Uint8Array(expected.bytes)]).toEqual(bytes);
    expect(found.dimensions).toEqual(expected.dimensions);
    expect(Buffer.compare(Buffer.from(found.bytes), Buffer.from(expected.bytes))).toBe(0);
    expect([...found.header]).toEqual([...plain.subarray(0, 16)]);
  });

  it('names the path when there is no file, a directory, or a file that cannot be opened', async () => {
    const directory = writeTestFiles({ 'folder/file': encodeIdx([1], [0]) });
    expect(await failureOf(readIdxImages(join(directory, 'nothing')), directory)).toBe(
      'DATA_MISSING There is no file nothing; check the path in the configuration.',
    );
    expect(await failureOf(readIdxImages(join(directory, 'folder')), directory)).toBe(
      'DATA_MISSING folder is not a file; give the path of a data file.',
    );
    symlinkSync('loop', join(directory, 'loop'));
    expect(await failureOf(readIdxImages(join(directory, 'loop')), directory)).toBe(
      'DATA_MISSING loop cannot be read (ELOOP); check its permissions.',
    );
  });

  it('says how many bytes were expected and found when a file is cut short', async () => {
    const whole = encodeIdx([2, 2], FOUR_PIXELS);
    expect(await imagesFailure(whole.subarray(0, 15))).toBe(
      'DATA_TRUNCATED images is cut short: 4 bytes expected, 3 found; download the file again.',
    );
    expect(await imagesFailure(gzipSync(whole.subarray(0, 15)))).toBe(
      'DATA_TRUNCATED images is cut short: 4 bytes expected, 3 found; download the file again.',
    );
    expect(await imagesFailure(whole.subarray(0, 9))).toBe(
      'DATA_TRUNCATED images is cut short: 12 bytes expected, 9 found; download the file again.',
    );
    expect(await imagesFailure(whole.subarray(0, 2))).toBe(
      'DATA_TRUNCATED images is cut short: 4 bytes expected, 2 found; download the file again.',
    );
  });

  it('takes no memory for a damaged header that announces more than the file can hold', async () => {
    const damaged = encodeIdx([0xffff_ffff, 0xffff_ffff, 0xffff_ffff], FOUR_PIXELS);
    expect(await imagesFailure(damaged)).toContain('DATA_TRUNCATED images is cut short: 7.9');
    const compressed = gzipSync(damaged);
    const most = compressed.length * 1032 - 16;
    expect(await imagesFailure(compressed)).toContain(`bytes expected, at most ${most} found`);
  });

  it('refuses gzip data that end early or are damaged', async () => {
    const compressed = gzipSync(
      encodeIdx(
        [100],
        Array.from({ length: 100 }, (_, index) => (index * 97) % 256),
      ),
    );
    expect(await imagesFailure(compressed.subarray(0, 80))).toBe(
      'DATA_TRUNCATED images ends in the middle of its gzip data; download it again.',
    );
    const damaged = Uint8Array.from(compressed);
    damaged[compressed.length - 6] = (damaged[compressed.length - 6] ?? 0) ^ 1;
    expect(await imagesFailure(damaged)).toBe(
      'DATA_FORMAT The gzip data of images are damaged (Z_DATA_ERROR); download the file again.',
    );
  });

  it('counts the bytes that follow the announced ones', async () => {
    const long = encodeIdx([2], FOUR_PIXELS);
    expect(await imagesFailure(long)).toBe(
      'DATA_FORMAT images has 2 more bytes than the 2 that its header announces; download the file again.',
    );
    expect(await imagesFailure(gzipSync(long))).toBe(
      'DATA_FORMAT images has more bytes than the 2 that its header announces; download the file again.',
    );
  });

  it('refuses another magic number and shows it', async () => {
    const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0]);
    expect(await imagesFailure(png)).toMatch(
      /^DATA_FORMAT images starts with 89 50 4e 47, which is no IDX file/,
    );
    for (const magic of [
      [0, 1, 8, 1],
      [0, 0, 7, 1],
      [0, 0, 8, 0],
    ]) {
      expect(await imagesFailure(new Uint8Array([...magic, 0, 0, 0, 1, 5]))).toContain(
        'which is no IDX file',
      );
    }
  });

  it('names the type of elements that are not unsigned bytes', async () => {
    const floats = encodeIdx([1], FOUR_PIXELS);
    floats[2] = 0x0d;
    expect(await imagesFailure(floats)).toMatch(
      /^DATA_FORMAT images holds 32-bit floats; only .* or use CSV\.$/,
    );
  });

  it('refuses an empty file and a shape without samples', async () => {
    expect(await imagesFailure(new Uint8Array(0))).toBe(
      'DATA_EMPTY images is empty; download the file again.',
    );
    expect(await imagesFailure(encodeIdx([0, 28, 28], []))).toBe(
      'DATA_EMPTY images has the shape [0 x 28 x 28] and holds no sample; give a file with samples.',
    );
  });
});

describe('readIdxLabels', () => {
  it('suspects swapped files when there is more than one dimension', async () => {
    const directory = writeTestFiles({ labels: encodeIdx([2, 1, 2], FOUR_PIXELS) });
    expect(await failureOf(readIdxLabels(join(directory, 'labels')), directory)).toBe(
      'DATA_FORMAT labels has 3 dimensions (2 x 1 x 2) where labels have one; check that images and labels are ' +
        'not swapped.',
    );
  });
});

describe('loadIdx', () => {
  it('gives byte rows, u32 classes and a line that says what was read', async () => {
    const directory = writeTestFiles(VALID);
    const { train, test, description } = await loadIdx(pairs(directory), { seed: 1 });
    expect(train.samples).toBe(3);
    expect(train.features).toMatchObject({ kind: 'u8', scale: 'unit', width: 2 });
    expect([...new Uint8Array(train.features.rows)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(train.targets).toMatchObject({ kind: 'classes', classes: 3, names: ['0', '1', '2'] });
    expect([...new Uint32Array(train.targets.rows)]).toEqual([0, 2, 1]);
    expect(test.samples).toBe(1);
    expect([...new Uint8Array(test.features.rows)]).toEqual([7, 8]);
    expect([...new Uint32Array(test.targets.rows)]).toEqual([2]);
    expect(description).toBe('IDX: 3 training and 1 test samples of 2 bytes, 3 classes (train-x and test-x)');
  });

  it('takes the number of classes from the options when they give it', async () => {
    const directory = writeTestFiles(VALID);
    const { train, test } = await loadIdx({ ...pairs(directory), classes: 5 }, { seed: 1 });
    expect(train.targets).toMatchObject({ classes: 5, names: ['0', '1', '2', '3', '4'] });
    expect(test.targets).toMatchObject({ classes: 5 });
  });

  it('refuses images and labels that count different samples', async () => {
    expect(await loadFailure({ 'train-y': encodeIdx([2], [0, 1]) })).toBe(
      'DATA_MISMATCH train-x holds 3 images but train-y holds 2 labels; give two files of the same part.',
    );
  });

  it('refuses parts whose samples differ in shape, even where the widths agree', async () => {
    expect(await loadFailure({ 'test-x': encodeIdx([1, 2, 1], [7, 8]) })).toBe(
      'DATA_MISMATCH Samples of train-x have the shape [1 x 2], those of test-x [2 x 1]; give two parts of the ' +
        'same data set.',
    );
  });

  it('refuses a label of the test part that the training part does not reach', async () => {
    expect(await loadFailure({ 'test-y': encodeIdx([1], [3]) })).toBe(
      'DATA_LABEL_RANGE Label 3 of sample 0 in test-y is not below the number of classes, 3; set "classes" to at ' +
        'least 4 or correct the file.',
    );
  });

  it('refuses a label beyond the number of classes that was given', async () => {
    expect(await loadFailure({}, 2)).toMatch(
      /^DATA_LABEL_RANGE Label 2 of sample 1 in train-y .* classes, 2;/,
    );
  });
});
