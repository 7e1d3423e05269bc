/** NumPy archives, read by other hands than those that wrote them. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNpz } from 'hivegrad/export/npz';
import { expect, it } from 'vitest';
import { askPython } from '../support/python.ts';
import { exportCases } from './networks.ts';

interface ReadArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The bytes of the values, row-major. */
  readonly hex: string;
}

const { network } = exportCases()[1]!;
const bytes = encodeNpz(network);

/** An NPY file of version 1.0 by its description: magic, version, length, a literal of Python, the values. */
function readNpy(buffer: Buffer): ReadArray {
  expect(buffer.subarray(0, 8).toString('hex')).toBe('934e554d50590100');
  const start = 10 + buffer.readUInt16LE(8);
  expect(start % 64).toBe(0);
  const header = buffer.subarray(10, start).toString('latin1');
  const match = /^\{'descr': '([^']+)', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n$/.exec(header);
  const shape = match![2]!.split(',').filter((size) => size.trim() !== '');
  return { dtype: match![1]!, shape: shape.map(Number), hex: buffer.subarray(start).toString('hex') };
}

/** The entries of a ZIP file by their local headers; those that are stored stand there as they are. */
function readZip(file: Buffer): Record<string, ReadArray> {
  const arrays: Record<string, ReadArray> = {};
  for (let at = 0; file.readUInt32LE(at) === 0x04034b50; ) {
    expect(file.readUInt16LE(at + 8), 'compression method').toBe(0);
    const nameAt = at + 30;
    const dataAt = nameAt + file.readUInt16LE(at + 26) + file.readUInt16LE(at + 28);
    const name = file.subarray(nameAt, nameAt + file.readUInt16LE(at + 26)).toString();
    at = dataAt + file.readUInt32LE(at + 18);
    expect(name).toMatch(/\.npy$/);
    arrays[name.replace(/\.npy$/, '')] = readNpy(file.subarray(dataAt, at));
  }
  return arrays;
}

const readByHand = readZip(Buffer.from(bytes));

function readByNumPy(): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'hivegrad-npz-'));
  try {
    writeFileSync(join(folder, 'weights.npz'), bytes);
    return askPython('arrays.py', [join(folder, 'weights.npz')]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const live = readByNumPy();
const judges = [
  { name: 'these lines', arrays: readByHand as unknown },
  ...(live === undefined ? [] : [{ name: 'NumPy', arrays: live }]),
];

it.each(judges)('hold every bit of the weights under their names, as $name read them', ({ arrays }) => {
  const expected = network.parameters.map(({ name, shape, offset, size }) => {
    const values = network.weights.slice(offset, offset + size);
    return [name, { dtype: '<f4', shape, hex: Buffer.from(values.buffer).toString('hex') }] as const;
  });
  expect(expected.map(([name]) => name)).toContain('layers.0.weight');
  expect(arrays).toEqual(Object.fromEntries(expected));
});
