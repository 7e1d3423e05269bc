import type { Dataset } from '@hivegrad/shared/data/dataset';
import { createArena } from '@hivegrad/shared/kernels/arena';
import { leadingDimension } from '@hivegrad/shared/kernels/kernels';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { placeNetwork } from '@hivegrad/shared/model/network';
import type { Loss } from '@hivegrad/shared/model/spec';
import { describe, expect, it } from 'vitest';
import { sampleCopier } from './samples.ts';

const SAMPLES = 6;

/** Copies samples of a data set and answers the rows, what lies behind their width, and the targets. */
function copied(dataset: Dataset, outputs: number, indices: readonly number[]) {
  const { width } = dataset.features;
  const loss: Loss = dataset.targets.kind === 'classes' ? 'softmaxCrossEntropy' : 'squaredError';
  const memory = new SharedArrayBuffer(1 << 18);
  const layer = { type: 'dense', units: outputs, activation: 'identity', bias: 'none' } as const;
  const model = { inputSize: width, layers: [{ ...layer, initializer: 'heNormal' as const }], loss };
  const network = placeNetwork(model, SAMPLES, createArena(64));
  const copy = sampleCopier(dataset, createReferenceKernels(memory), memory);
  copy(network, indices.length, (i) => indices[i]!);
  const ld = leadingDimension(width);
  const rows = new Float32Array(memory, network.inputRows, SAMPLES * ld);
  const row = (i: number) => [...rows.subarray(i * ld, (i + 1) * ld)];
  return {
    rows: indices.map((_, i) => row(i).slice(0, width)),
    behind: indices.flatMap((_, i) => row(i).slice(width)),
    rest: [...rows.subarray(indices.length * ld)],
    classes: [...new Uint32Array(memory, network.targets, SAMPLES)],
    values: [...new Float32Array(memory, network.targets, SAMPLES * outputs)],
  };
}

const shared = <T extends Uint8Array | Uint32Array | Float32Array>(
  array: new (buffer: SharedArrayBuffer) => T,
  values: readonly number[],
) => {
  const copy = new array(
    new SharedArrayBuffer(values.length * (array as unknown as Uint8ArrayConstructor).BYTES_PER_ELEMENT),
  );
  copy.set(values);
  return copy.buffer as SharedArrayBuffer;
};

const numbers = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => value(i));
const classes = (labels: readonly number[]) =>
  ({ kind: 'classes', classes: 10, names: [], rows: shared(Uint32Array, labels) }) as const;
const bytes = numbers(SAMPLES * 40, (i) => (i * 37) % 256);
const floats = numbers(SAMPLES * 40, (i) => Math.fround(Math.sin(i)));
const labels = [3, 1, 4, 1, 5, 9];
const order = [4, 0, 5, 4];

// Rows of up to 16 elements are copied by a loop, others at once.
describe.each([1, 7, 8, 16, 17, 40])('rows of %i features', (width) => {
  const rowsOf = (values: readonly number[]) =>
    order.map((sample) => values.slice(sample * width, (sample + 1) * width));

  it('of bytes are scaled to [0, 1] by one division, or not at all', () => {
    const rows = shared(Uint8Array, bytes);
    for (const [scale, divisor] of [
      ['unit', 255],
      ['none', 1],
    ] as const) {
      const features = { kind: 'u8', scale, width, rows } as const;
      const dataset = { samples: SAMPLES, features, targets: classes(labels), digest: '' };
      const { rows: ours, behind, rest } = copied(dataset, 10, order);
      expect(ours).toEqual(rowsOf(bytes.map((byte) => Math.fround(byte / divisor))));
      expect([...behind, ...rest].every((value) => Object.is(value, 0))).toBe(true);
    }
  });

  it('of floats are copied in the order asked for, with zeros behind their width', () => {
    const features = { kind: 'f32', width, rows: shared(Float32Array, floats) } as const;
    const dataset = { samples: SAMPLES, features, targets: classes(labels), digest: '' };
    const { rows, behind, rest, classes: ours } = copied(dataset, 10, order);
    expect(rows).toEqual(rowsOf(floats));
    expect([...behind, ...rest].every((value) => Object.is(value, 0))).toBe(true);
    expect(ours).toEqual([5, 3, 9, 5, 0, 0]);
  });

  it('of target values are copied without padding', () => {
    const features = { kind: 'u8', scale: 'none', width: 1, rows: shared(Uint8Array, bytes) } as const;
    const targets = { kind: 'values', width, rows: shared(Float32Array, floats) } as const;
    const { values } = copied({ samples: SAMPLES, features, targets, digest: '' }, width, order);
    expect(values.slice(0, 4 * width)).toEqual(rowsOf(floats).flat());
    expect(values.slice(4 * width)).toEqual(Array(2 * width).fill(0));
  });
});
