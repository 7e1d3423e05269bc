/**
 * Targets that a program hands over. In: numbers, names or lists of numbers, unchecked; out: an array of classes,
 * [samples] of i4, or of values, [samples, k] of f4.
 */

import { UserError } from '@hivegrad/shared/errors';
import { formatCount } from './describe.ts';
import { requireMemory } from './memory.ts';
import { arrayOfRows, isTyped, listOf, shown } from './memory-arrays.ts';
import type { NpyArray } from './npy.ts';
import type { MemoryDataSpec, Task } from './spec.ts';
import { sortedNames } from './table-encoding.ts';

/** What classes are called; undefined where they are only numbered. */
export interface ClassWords {
  readonly names: readonly string[] | undefined;
  /** Whether the names come from the targets, so that a number would mean none of them. */
  readonly found: boolean;
}

const CLASSES = 'give one number from 0, or one name, for each sample';
const VALUES = 'give one number, or one list of numbers, for each sample';

/** The names of the classes: those of the configuration, or those that the targets of the training part have. */
export function classWords(
  targets: unknown,
  path: string,
  { task, classes }: Pick<MemoryDataSpec, 'task' | 'classes'>,
): ClassWords {
  if (typeof classes === 'object') return { names: classes, found: false };
  if (task !== 'classes' || !Array.isArray(targets) || typeof targets[0] !== 'string') {
    return { names: undefined, found: false };
  }
  const names = sortedNames([...new Set((targets as unknown[]).filter((name) => typeof name === 'string'))]);
  if (classes === undefined || classes === names.length) return { names, found: true };
  const message =
    `${path} has ${formatCount(names.length)} different names, but "classes" is ${classes}; set "classes" to the list ` +
    'of names, or leave it out.';
  throw new UserError('DATA_MISMATCH', message);
}

interface TargetPlace {
  readonly path: string;
  readonly samples: number;
  readonly task: Task;
  readonly words: ClassWords;
  readonly memoryBytes: number;
}

/** Errors: DATA_MISSING, DATA_FORMAT, DATA_EMPTY, DATA_MISMATCH, DATA_LABEL_RANGE, DATA_NOT_A_NUMBER, DATA_TOO_LARGE. */
export function targetsOf(input: unknown, place: TargetPlace): NpyArray {
  const { path, samples, task, memoryBytes } = place;
  const list = isTyped(input) ? input : listOf(input, path, task === 'classes' ? CLASSES : VALUES);
  if (list.length === 0) throw new UserError('DATA_EMPTY', `${path} is empty; give one for each sample.`);
  if (task === 'classes') return classesOf(list, place);
  if (!isTyped(list) && typeof list[0] === 'string') {
    const message = `${path} holds names, but the task is "values"; give numbers, or set "task" to "classes".`;
    throw new UserError('DATA_MISMATCH', message);
  }
  const isFlat = isTyped(list) || typeof list[0] === 'number';
  if (!isFlat) return arrayOfRows(list, { path, memoryBytes });
  if (list.length % samples !== 0) {
    const message = `${path} holds ${formatCount(list.length)} numbers for ${formatCount(samples)} samples; ${VALUES}.`;
    throw new UserError('DATA_MISMATCH', message);
  }
  return arrayOfRows(list, { path, width: list.length / samples, memoryBytes });
}

function classesOf(list: ArrayLike<unknown>, { path, words, memoryBytes }: TargetPlace): NpyArray {
  requireMemory(8 * list.length, memoryBytes, { path, what: `${formatCount(list.length)} classes` });
  const buffer = new SharedArrayBuffer(4 * list.length);
  const classes = new Int32Array(buffer);
  const numbers = new Map(words.names?.map((name, index) => [name, index]));
  for (let sample = 0; sample < list.length; sample++) {
    const target = list[sample];
    classes[sample] =
      typeof target === 'string'
        ? namedClass(target, numbers, { path, sample, words })
        : numberedClass(target, { path, sample, words });
  }
  return { path, type: 'i4', shape: [list.length], buffer };
}

interface ClassPlace {
  readonly path: string;
  readonly sample: number;
  readonly words: ClassWords;
}

function namedClass(
  name: string,
  numbers: ReadonlyMap<string, number>,
  { path, sample, words }: ClassPlace,
): number {
  const found = numbers.get(name);
  if (found !== undefined && name.trim() !== '') return found;
  const place = `${path}, sample ${sample}`;
  if (name.trim() === '') {
    const message = `${place} is a blank name; give the class a name, or drop the sample.`;
    throw new UserError('DATA_LABEL_RANGE', message);
  }
  if (words.names === undefined) {
    const message = `${place} is the name ${shown(name)}, but the classes are numbers; give numbers, or set "classes" to the list of names.`;
    throw new UserError('DATA_LABEL_RANGE', message);
  }
  const remedy = words.found
    ? 'does not occur in the training part; correct it, or set "classes" to all names'
    : 'is not in "classes"; correct it, or add it there';
  throw new UserError('DATA_LABEL_RANGE', `${place}: the class ${shown(name)} ${remedy}.`);
}

function numberedClass(target: unknown, { path, sample, words }: ClassPlace): number {
  // Whole numbers of 32 bits: no class needs more.
  if (typeof target === 'number' && (target | 0) === target && !words.found) return target;
  const place = `${path}, sample ${sample}`;
  if (typeof target !== 'number') {
    throw new UserError('DATA_FORMAT', `${place} is ${shown(target)}; ${CLASSES}.`);
  }
  if (words.found) {
    const message = `${place} is the number ${target}, but the classes are names; give names, or set "classes" to the list of names.`;
    throw new UserError('DATA_LABEL_RANGE', message);
  }
  const message = `${place}: ${target} is no class; number classes by whole numbers from 0, or set "task" to "values".`;
  throw new UserError('DATA_LABEL_RANGE', message);
}
