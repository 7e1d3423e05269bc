/**
 * Rows of a program that a network is to answer, encoded in the way of its training part: lists of numbers for a
 * network that learnt from numbers or bytes, objects for one that learnt from the columns of a table.
 */

import type { DataEncoding } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { featuresOf } from './arrays.ts';
import { openObjects } from './json-table.ts';
import { availableMemory } from './memory.ts';
import type { NumberRows } from './memory-arrays.ts';
import { arrayOfRows, isTyped, listOf, shown } from './memory-arrays.ts';
import type { NpyArray } from './npy.ts';
import type { EncodedRows } from './rows.ts';
import { describeRows, encodeTable, fitArray, listed } from './rows.ts';

/** One object for each sample, from columns to cells: numbers, texts or booleans. Other keys are left aside. */
export type ObjectRows = readonly Readonly<Record<string, unknown>>[];

/** What a network may be asked: rows of numbers, flat ones too, or objects. */
export type PredictionRows = NumberRows | ObjectRows;

const PATH = 'rows';

/** Errors: DATA_MISSING, DATA_FORMAT, DATA_EMPTY, DATA_MISMATCH, DATA_NOT_A_NUMBER, DATA_LABEL_RANGE, DATA_TOO_LARGE. */
export async function encodeRows(
  rows: unknown,
  { encoding, memoryBytes = availableMemory() }: { encoding: DataEncoding; memoryBytes?: number },
): Promise<EncodedRows> {
  const { input, target } = encoding;
  const described = (encoded: Omit<EncodedRows, 'description'>): EncodedRows => {
    return { ...encoded, description: describeRows('Arrays', encoded, 'of the program') };
  };
  if (input.kind === 'columns') {
    const { columns } = input;
    const form = `give one object for each sample, with ${listed(columns)}`;
    const list = listOf(rows, PATH, form);
    if (Array.isArray(list[0]) || isTyped(list[0]) || typeof list[0] === 'number') {
      const message = `${PATH} holds numbers without names, but the network takes columns; ${form}.`;
      throw new UserError('DATA_FORMAT', message);
    }
    return described(await encodeTable(openObjects(list, PATH), { columns, target, memoryBytes }));
  }
  const array = arrayOfRows(rows, { path: PATH, memoryBytes, ...(isFlat(rows) && { width: input.width }) });
  const features =
    input.kind === 'bytes' ? featuresOf(bytesOf(array), input.scale) : featuresOf(array, undefined);
  return described(fitArray({ path: PATH, samples: array.shape[0]!, features }, input));
}

function isFlat(rows: unknown): boolean {
  return isTyped(rows) || (Array.isArray(rows) && typeof rows[0] === 'number');
}

/** For a network that learnt from bytes plain lists will do, if what they hold are bytes. */
function bytesOf(array: NpyArray): NpyArray {
  if (array.type === 'u1') return array;
  const values = new Float32Array(array.buffer);
  const buffer = new SharedArrayBuffer(values.length);
  const bytes = new Uint8Array(buffer);
  bytes.set(values);
  const other = bytes.findIndex((byte, index) => byte !== values[index]);
  if (other < 0) return { ...array, type: 'u1', buffer };
  const width = array.shape[1]!;
  const place = `${PATH}, sample ${Math.floor(other / width)}, value ${other % width}`;
  const message = `${place} is ${shown(values[other])}, but the network takes bytes; give whole numbers from 0 to 255.`;
  throw new UserError('DATA_FORMAT', message);
}
