/** A small trained network and its checkpoint, for tests of what is exported. */

import type { DataEncoding } from '@hivegrad/shared/data/dataset';
import { exampleContent } from '../checkpoint/checkpoint.test.support.ts';
import { type CheckpointContent, decodeCheckpoint, encodeCheckpoint } from '../checkpoint/format.ts';
import { networkOf, type TrainedNetwork } from './network.ts';

export const tableEncoding: DataEncoding = {
  input: {
    kind: 'columns',
    columns: [
      { kind: 'number', name: 'width', mean: 2.5, deviation: 0.5 },
      { kind: 'category', name: 'colour', categories: ['red'] },
    ],
  },
  target: { kind: 'values', names: ['a', 'b', 'c'] },
};

/** The network of `exampleContent`, 2 inputs and 3 outputs, with parts of the content replaced. */
export function trained(changes: Partial<CheckpointContent> = {}): TrainedNetwork {
  const bytes = encodeCheckpoint({ ...exampleContent(), ...changes });
  return networkOf(decodeCheckpoint(bytes, 'f'), 'f');
}

export function withEncoding(encoding: unknown): TrainedNetwork {
  return trained({ extra: { encoding: JSON.stringify(encoding) } });
}
