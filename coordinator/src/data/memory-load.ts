/**
 * Loader of arrays that a program hands over. In: the parts as they were passed, by whomever; out: the parts of a data
 * set, with the digests that the same values in NPY files would have.
 */

import type { DataSplit } from '@hivegrad/shared/data/dataset';
import type { UserErrorCode } from '@hivegrad/shared/errors';
import { UserError } from '@hivegrad/shared/errors';
import { type Arrays, requireSamples, splitArrays } from './arrays.ts';
import { describeSplit } from './describe.ts';
import { availableMemory } from './memory.ts';
import { arrayOfRows, shown } from './memory-arrays.ts';
import type { MemoryPart, MemoryTrainingPart } from './memory-parts.ts';
import { type ClassWords, classWords, targetsOf } from './memory-targets.ts';
import type { LoadOptions, MemoryDataSpec } from './spec.ts';

const ROOT = 'options.data';
const EXAMPLE = '{ data: { train: { features, targets } } }';
const PARTS = ['train', 'test'];
const KEYS = ['features', 'width', 'targets', 'weights'];

/** Arrays for data that are read from files. */
export function refuseMemory(kind: string): never {
  fail(
    'CONFIG_INVALID',
    `There are arrays in ${ROOT}, but the data of the configuration are of the kind "${kind}"; set data.kind to ` +
      `"memory", or leave ${ROOT} out.`,
  );
}

/**
 * Errors: DATA_MISSING (no arrays), CONFIG_UNKNOWN_KEY and CONFIG_INVALID (their frame), DATA_FORMAT, DATA_EMPTY,
 * DATA_MISMATCH, DATA_LABEL_RANGE, DATA_NOT_A_NUMBER, DATA_WEIGHT, DATA_TOO_LARGE.
 */
export function loadMemory(spec: Omit<MemoryDataSpec, 'kind'>, load: LoadOptions): DataSplit {
  const { memory, memoryBytes = availableMemory() } = load;
  if (memory === undefined) {
    fail(
      'DATA_MISSING',
      'The data are of the kind "memory", so a program hands them over, and there are none: pass options.data to the ' +
        `function of the library, ${EXAMPLE}, or read files.`,
    );
  }
  requireFrame(memory, ROOT, PARTS);
  requireFrame(memory.train, `${ROOT}.train`, KEYS);
  const words = classWords(memory.train.targets, `${ROOT}.train.targets`, spec);
  const train = arraysOf(memory.train, `${ROOT}.train`, { task: spec.task, words, memoryBytes });
  let test: Arrays | undefined;
  if (memory.test !== undefined) {
    requireFrame(memory.test, `${ROOT}.test`, KEYS);
    if ((memory.test as MemoryTrainingPart).weights !== undefined) {
      fail('CONFIG_INVALID', `${ROOT}.test.weights: weights count in training alone; leave them out.`);
    }
    test = arraysOf(memory.test, `${ROOT}.test`, { task: spec.task, words, memoryBytes });
  }
  const classes = words?.names ?? spec.classes;
  const split = splitArrays({ train, test }, { ...spec, ...(classes !== undefined && { classes }) }, load);
  const drawn = test === undefined ? `, test fraction ${spec.testFraction} drawn with seed ${load.seed}` : '';
  const origin = `of the program${drawn}${train.weights === undefined ? '' : '; weighted'}`;
  return { ...split, description: describeSplit('Arrays', split, origin) };
}

function arraysOf(
  part: MemoryTrainingPart,
  path: string,
  { task, words, memoryBytes }: Pick<MemoryDataSpec, 'task'> & { words: ClassWords; memoryBytes: number },
): Arrays {
  const width = widthOf(part, path);
  const features = arrayOfRows(part.features, { path: `${path}.features`, width, memoryBytes });
  const [samples = 0] = features.shape;
  const targets = targetsOf(part.targets, { path: `${path}.targets`, samples, task, words, memoryBytes });
  const arrays = { features, targets, ...weightsOf(part, path, memoryBytes) };
  requireSamples(arrays);
  return arrays;
}

function widthOf({ width }: MemoryPart, path: string): number | undefined {
  if (width === undefined || (Number.isSafeInteger(width) && width > 0)) return width;
  fail('CONFIG_INVALID', `${path}.width must be a whole number above 0, but is ${shown(width)}.`);
}

function weightsOf(
  { weights }: MemoryTrainingPart,
  path: string,
  memoryBytes: number,
): Pick<Arrays, 'weights'> {
  if (weights === undefined) return {};
  return { weights: arrayOfRows(weights, { path: `${path}.weights`, width: 1, memoryBytes }) };
}

/** An object with none but known keys. */
function requireFrame(value: unknown, path: string, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    const what = value === undefined ? 'is missing' : `is ${shown(value)}, not an object`;
    fail('CONFIG_INVALID', `${path} ${what}; pass ${EXAMPLE}.`);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  fail('CONFIG_UNKNOWN_KEY', `${path}.${unknown} is unknown; ${path} has ${known.join(', ')}.`);
}

function fail(code: UserErrorCode, message: string): never {
  throw new UserError(code, message);
}
