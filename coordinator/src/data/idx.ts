/**
 * Reader of IDX, the format of MNIST and its relatives: two zero bytes, the type of the elements, the
 * number of dimensions, each dimension as a big-endian u32, then the elements in row-major order.
 * In go paths (plain or gzip), out come rows in shared memory. Every byte of a file is accounted for:
 * one missing or one too many is an error. Layout: Y. LeCun, http://yann.lecun.com/exdb/mnist.
 */

import { basename } from 'node:path';
import type { ByteScale, DataSplit } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { type ByteSource, openBytes } from './bytes.ts';
import { describeSplit, formatCount } from './describe.ts';
import { availableMemory, requireMemory } from './memory.ts';
import { cutSamples, datasetOf, type Samples } from './samples.ts';
import type { IdxDataSpec, IdxPair, LoadOptions } from './spec.ts';

/** A whole IDX file of unsigned bytes. */
export interface IdxFile {
  readonly path: string;
  /** At least one; the first counts the samples; none is zero. */
  readonly dimensions: readonly number[];
  /** The bytes before the elements; header and elements together are the file. */
  readonly header: Uint8Array;
  /** Elements, row-major; as many bytes as the product of the dimensions. */
  readonly bytes: SharedArrayBuffer;
}

/** Images and labels of one part of a data set, whose counts agree. */
export interface IdxPart {
  readonly images: IdxFile;
  readonly labels: IdxFile;
}

const ELEMENT_TYPES = new Map([
  [0x08, 'unsigned bytes'],
  [0x09, 'signed bytes'],
  [0x0b, '16-bit integers'],
  [0x0c, '32-bit integers'],
  [0x0d, '32-bit floats'],
  [0x0e, '64-bit floats'],
]);
const UNSIGNED_BYTE = 0x08;

/**
 * Reads samples of unsigned bytes of any shape, [samples, ...shape].
 * Errors: DATA_MISSING, DATA_FORMAT (magic, trailing bytes), DATA_TRUNCATED, DATA_EMPTY.
 */
export async function readIdxImages(path: string, memoryBytes = availableMemory()): Promise<IdxFile> {
  const source = openBytes(path);
  try {
    return await readIdx(source, memoryBytes);
  } finally {
    source.close();
  }
}

/** Reads one label per sample, [samples]; errors as of {@link readIdxImages}. */
export async function readIdxLabels(path: string): Promise<IdxFile> {
  const labels = await readIdxImages(path);
  if (labels.dimensions.length !== 1) {
    const message =
      `${path} has ${labels.dimensions.length} dimensions (${labels.dimensions.join(' x ')}) where labels have ` +
      'one; check that images and labels are not swapped.';
    throw new UserError('DATA_FORMAT', message);
  }
  return labels;
}

/** Reads a pair of files; DATA_MISMATCH when they count different samples. */
export async function readIdxPart(pair: IdxPair, memoryBytes = availableMemory()): Promise<IdxPart> {
  const images = await readIdxImages(pair.images, memoryBytes);
  const labels = await readIdxLabels(pair.labels);
  const imageCount = images.dimensions[0] ?? 0;
  const labelCount = labels.dimensions[0] ?? 0;
  if (imageCount !== labelCount) {
    const message =
      `${pair.images} holds ${formatCount(imageCount)} images but ${pair.labels} holds ${formatCount(labelCount)} ` +
      'labels; give two files of the same part.';
    throw new UserError('DATA_MISMATCH', message);
  }
  return { images, labels };
}

/**
 * Reads a training part and a test part. The number of classes is `classes`, or else the largest
 * label of the training part plus one; a label beyond it is DATA_LABEL_RANGE.
 */
export async function loadIdx(spec: Omit<IdxDataSpec, 'kind'>, load: LoadOptions): Promise<DataSplit> {
  const train = await readIdxPart(spec.train, load.memoryBytes);
  const test = await readIdxPart(spec.test, load.memoryBytes);
  const split = splitFromParts({ train, test }, spec, load);
  const origin = `${basename(spec.train.images)} and ${basename(spec.test.images)}`;
  return { ...split, description: describeSplit('IDX', split, origin) };
}

/** Turns two parts that were read into data sets of the same sample shape and classes. */
export function splitFromParts(
  parts: { train: IdxPart; test: IdxPart },
  {
    scale,
    classes = largestByte(parts.train.labels.bytes) + 1,
  }: Pick<IdxDataSpec, 'scale'> & { classes?: number },
  load: LoadOptions,
): Pick<DataSplit, 'train' | 'validation' | 'test' | 'encoding'> {
  const trainShape = parts.train.images.dimensions.slice(1).join(' x ');
  const testShape = parts.test.images.dimensions.slice(1).join(' x ');
  if (trainShape !== testShape) {
    const message =
      `Samples of ${parts.train.images.path} have the shape [${trainShape}], those of ${parts.test.images.path} ` +
      `[${testShape}]; give two parts of the same data set.`;
    throw new UserError('DATA_MISMATCH', message);
  }
  const all = samplesFromPart(parts.train, scale, classes);
  const test = datasetOf(samplesFromPart(parts.test, scale, classes));
  const cut = cutSamples(all, load);
  return {
    train: datasetOf(all, { rows: cut.train }),
    ...(cut.validation === undefined ? {} : { validation: datasetOf(all, { rows: cut.validation }) }),
    test,
    encoding: {
      input: { kind: 'bytes', width: all.features.width, scale },
      target: { kind: 'classes', names: classNames(classes) },
    },
  };
}

/** Values of one sample of a file whose first dimension counts them. */
export function sampleWidth(dimensions: readonly number[]): number {
  return dimensions.slice(1).reduce((product, dimension) => product * dimension, 1);
}

function samplesFromPart({ images, labels }: IdxPart, scale: ByteScale, classes: number): Samples {
  const rows = classRows(labels, classes);
  return {
    path: images.path,
    count: images.dimensions[0] ?? 0,
    features: { kind: 'u8', scale, width: sampleWidth(images.dimensions), rows: images.bytes },
    targets: { kind: 'classes', classes, names: classNames(classes), rows },
  };
}

/** "0", "1", ...: what classes that are only numbered are called. */
export function classNames(classes: number): string[] {
  return Array.from({ length: classes }, (_, index) => String(index));
}

function classRows(labels: IdxFile, classes: number): SharedArrayBuffer {
  const bytes = new Uint8Array(labels.bytes);
  const rows = new SharedArrayBuffer(4 * bytes.length);
  const indices = new Uint32Array(rows);
  for (const [sample, label] of bytes.entries()) {
    if (label >= classes) {
      const message =
        `Label ${label} of sample ${sample} in ${labels.path} is not below the number of classes, ${classes}; ` +
        `set "classes" to at least ${label + 1} or correct the file.`;
      throw new UserError('DATA_LABEL_RANGE', message);
    }
    indices[sample] = label;
  }
  return rows;
}

function largestByte(buffer: SharedArrayBuffer): number {
  return new Uint8Array(buffer).reduce((largest, byte) => (byte > largest ? byte : largest), 0);
}

async function readIdx(source: ByteSource, memoryBytes: number): Promise<IdxFile> {
  const { path } = source;
  const { header, dimensions } = await readHeader(source);
  const expected = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (expected === 0) {
    throw new UserError(
      'DATA_EMPTY',
      `${path} has the shape [${dimensions.join(' x ')}] and holds no sample; give a file with samples.`,
    );
  }
  // The claim of the header is checked before memory is taken for it: it may be damaged.
  const available = source.bytesMax - header.length;
  if (expected > available)
    throw truncated(path, expected, `${source.compressed ? 'at most ' : ''}${available}`);
  requireMemory(expected, memoryBytes, { path, what: `${dimensions.join(' x ')} bytes` });
  const bytes = new SharedArrayBuffer(expected);
  const found = await source.read(new Uint8Array(bytes));
  if (found < expected) throw truncated(path, expected, `${found}`);
  if ((await source.read(new Uint8Array(1))) > 0) {
    const count = source.compressed ? 'more bytes' : `${available - expected} more bytes`;
    const message = `${path} has ${count} than the ${expected} that its header announces; download the file again.`;
    throw new UserError('DATA_FORMAT', message);
  }
  return { path, dimensions, header, bytes };
}

async function readHeader(source: ByteSource): Promise<{ header: Uint8Array; dimensions: number[] }> {
  const { path } = source;
  const magic = new Uint8Array(4);
  const found = await source.read(magic);
  if (found === 0) throw new UserError('DATA_EMPTY', `${path} is empty; download the file again.`);
  if (found < magic.length) throw truncated(path, magic.length, `${found}`);
  const [zero, zeroToo, type = 0, rank = 0] = magic;
  const elements = ELEMENT_TYPES.get(type);
  if (zero !== 0 || zeroToo !== 0 || elements === undefined || rank === 0) {
    const hex = Array.from(magic, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const message = `${path} starts with ${hex}, which is no IDX file; give the path of a file like train-images-idx3-ubyte.`;
    throw new UserError('DATA_FORMAT', message);
  }
  if (type !== UNSIGNED_BYTE) {
    const message = `${path} holds ${elements}; only IDX files of unsigned bytes can be read: convert it, or use CSV.`;
    throw new UserError('DATA_FORMAT', message);
  }
  const header = new Uint8Array(4 + 4 * rank);
  header.set(magic);
  const sizes = header.subarray(4);
  const sizeBytes = await source.read(sizes);
  if (sizeBytes < sizes.length) throw truncated(path, header.length, `${4 + sizeBytes}`);
  const view = new DataView(header.buffer);
  return { header, dimensions: Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis)) };
}

function truncated(path: string, expected: number, found: string): UserError {
  const message = `${path} is cut short: ${expected} bytes expected, ${found} found; download the file again.`;
  return new UserError('DATA_TRUNCATED', message);
}
