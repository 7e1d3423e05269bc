import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeNpy, failureOf, rowsOf, writeTestFiles } from './fixtures.test.support.ts';
import { loadData } from './load.ts';
import { loadMemory } from './memory-load.ts';
import type { MemoryParts } from './memory-parts.ts';
import { loadNpy } from './npy-load.ts';
import type { LoadOptions, MemoryDataSpec } from './spec.ts';

const DEFAULTS = {
  testFraction: 0.25,
  task: 'classes',
  standardize: false,
  standardizeTargets: false,
  scale: 'unit',
} as const;
const ROWS = [
  [1, 10],
  [3, 0.1],
  [5, 10],
  [7, -10],
];
const CLASSES = [0, 2, 1, 2];
const TRAIN = { features: ROWS, targets: CLASSES };

type Settings = Partial<Omit<MemoryDataSpec, 'kind'>>;

function load(memory: MemoryParts, settings: Settings = {}, options: Partial<LoadOptions> = {}) {
  return loadMemory({ ...DEFAULTS, ...settings }, { seed: 1, memory, ...options });
}

describe('loadMemory', () => {
  it.each<[string, MemoryParts, Settings]>([
    ['lists', { train: TRAIN }, {}],
    ['standardized lists', { train: TRAIN }, { standardize: true }],
    ['typed rows', { train: { ...TRAIN, features: ROWS.map((row) => Float32Array.from(row)) } }, {}],
    ['float64', { train: { ...TRAIN, features: Float64Array.from(ROWS.flat()), width: 2 } }, {}],
    ['typed classes', { train: { ...TRAIN, targets: Uint8Array.from(CLASSES) } }, {}],
    ['names', { train: { ...TRAIN, targets: ['ash', 'oak', 'elm', 'oak'] } }, {}],
    [
      'names that are given',
      { train: { ...TRAIN, targets: ['z', 'x', 'y', 2] as never } },
      { classes: ['z', 'y', 'x'] },
    ],
    ['weights', { train: { ...TRAIN, weights: [1, 0, 2, 0.5] } }, { standardize: true }],
    ['a test part', { train: TRAIN, test: { features: [[2, 3]], targets: [1] } }, { standardize: true }],
  ])('gives the parts and digests of the same values in NPY files: %s', async (_, memory, settings) => {
    const options = { seed: 3, validationFraction: 0.3 };
    const directory = writeTestFiles({
      'x.npy': encodeNpy('<f8', [4, 2], Float64Array.from(ROWS.flat())),
      'y.npy': encodeNpy('<i8', [4], BigInt64Array.from(CLASSES.map(BigInt))),
      'w.npy': encodeNpy('<f4', [4], Float32Array.of(1, 0, 2, 0.5)),
      'tx.npy': encodeNpy('<f8', [1, 2], Float64Array.of(2, 3)),
      'ty.npy': encodeNpy('|u1', [1], Uint8Array.of(1)),
    });
    const files = (prefix: string) => ({
      features: join(directory, `${prefix}x.npy`),
      targets: join(directory, `${prefix}y.npy`),
    });
    const weighted = memory.train.weights !== undefined && { weights: join(directory, 'w.npy') };
    const { classes: _names, ...rest } = settings;
    const spec = { ...DEFAULTS, ...rest, train: { ...files(''), ...weighted } };
    const theirs = await loadNpy(memory.test === undefined ? spec : { ...spec, test: files('t') }, options);
    const ours = load(memory, settings, options);
    for (const part of ['train', 'validation', 'test'] as const) {
      expect(ours[part]!.digest).toBe(theirs[part]!.digest);
    }
    expect(ours.encoding.input).toEqual(theirs.encoding.input);
  });

  it('keeps bytes in bytes, whether in one array or in one for each sample', () => {
    const bytes = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 255);
    const flat = load({ train: { features: bytes, width: 2, targets: CLASSES } });
    expect(flat.train.features).toMatchObject({ kind: 'u8', scale: 'unit', width: 2 });
    expect(flat.encoding.input).toEqual({ kind: 'bytes', width: 2, scale: 'unit' });
    const features = [0, 2, 4, 6].map((begin) => bytes.subarray(begin, begin + 2));
    expect(load({ train: { features, targets: CLASSES } }).train.digest).toBe(flat.train.digest);
    const mixed = load({ train: { features: [...features.slice(0, 3), [6, 255]], targets: CLASSES } });
    expect(mixed.train.features.kind).toBe('f32');
  });

  it('copies: the arrays of the program are not touched, even to standardize', () => {
    const features = Float32Array.from(ROWS.flat());
    const targets = Float32Array.of(1, 2, 3, 4);
    const all = { features, width: 2, targets };
    const settings = { task: 'values', standardize: true, standardizeTargets: true } as const;
    const { train } = load({ train: all, test: all }, settings);
    expect(features).toEqual(Float32Array.from(ROWS.flat()));
    expect(targets).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(rowsOf(train.features).map(([x]) => Math.round(x! * 100))).toEqual([-134, -45, 45, 134]);
  });

  it('takes values of any width, as lists or in one array', () => {
    const pairs = [1, 3, 5, 7].map((first) => [first, first + 1]);
    const lists = load({ train: { features: ROWS, targets: pairs } }, { task: 'values' });
    expect(lists.train.targets).toMatchObject({ kind: 'values', width: 2 });
    const flat = load(
      { train: { features: ROWS, targets: Float64Array.from(pairs.flat()) } },
      { task: 'values' },
    );
    expect(flat.train.digest).toBe(lists.train.digest);
  });

  it('names classes by what occurs, in order, and says what was read', () => {
    const { encoding, description } = load({
      train: { features: ROWS, targets: ['10', '9', '9', '8'], weights: [1, 1, 1, 1] },
    });
    expect(encoding.target).toEqual({ kind: 'classes', names: ['8', '9', '10'] });
    expect(description).toBe(
      'Arrays: 3 training and 1 test samples of 2 numbers, 3 classes (of the program, test fraction 0.25 drawn with ' +
        'seed 1; weighted)',
    );
    expect(load({ train: TRAIN, test: TRAIN }).description).toMatch(/ \(of the program\)$/);
  });

  it('refuses to be called without arrays, and arrays beside files', async () => {
    const spec = { kind: 'memory', ...DEFAULTS } as const;
    expect(await failureOf(loadData(spec, { seed: 1 }), 'no directory')).toBe(
      'DATA_MISSING The data are of the kind "memory", so a program hands them over, and there are none: pass ' +
        'options.data to the function of the library, { data: { train: { features, targets } } }, or read files.',
    );
    const beside = loadData({ kind: 'penguins', testFraction: 0.2 }, { seed: 1, memory: { train: TRAIN } });
    expect(await failureOf(beside, 'no directory')).toBe(
      'CONFIG_INVALID There are arrays in options.data, but the data of the configuration are of the kind "penguins"; ' +
        'set data.kind to "memory", or leave options.data out.',
    );
  });
});
