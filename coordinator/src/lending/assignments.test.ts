import type { Dataset } from '@hivegrad/shared/data/dataset';
import { epochOrder } from '@hivegrad/shared/data/sampler';
import { createRowCache } from '@hivegrad/shared/peer/row-cache';
import { openRows } from '@hivegrad/shared/peer/rows';
import { putInMask } from '@hivegrad/shared/protocol/bodies';
import { rowBytes, serverFrameBytesMax } from '@hivegrad/shared/protocol/limits';
import type { Assign, NodeAddress, RunShape } from '@hivegrad/shared/protocol/messages';
import { parseServerMessage } from '@hivegrad/shared/protocol/parse-server';
import { describe, expect, it } from 'vitest';
import { openAssignments } from './assignments.ts';
import { SentRows } from './sent-rows.ts';
import { nodeShardsMax } from './settings.ts';

const seed = 5;
const shape: RunShape = {
  samples: 50,
  batchSize: 20,
  shardSize: 4,
  epochs: 3,
  parameters: 5,
  features: { kind: 'u8', width: 3, scale: 'none' },
  targets: { kind: 'values', width: 2 },
  weighted: true,
};

const shared = (values: Uint8Array | Float32Array): SharedArrayBuffer => {
  const buffer = new SharedArrayBuffer(values.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(values.buffer));
  return buffer;
};
const data: Dataset = {
  samples: 50,
  features: {
    ...shape.features,
    kind: 'u8',
    scale: 'none',
    rows: shared(Uint8Array.from({ length: 150 }, (_, i) => i)),
  },
  targets: { kind: 'values', width: 2, rows: shared(Float32Array.from({ length: 100 }, (_, i) => i / 4)) },
  weights: shared(Float32Array.from({ length: 50 }, (_, i) => i)),
  digest: '',
};

/** The rows of a node as a worker would have them. */
const expected = (step: number, begin: number, end: number) => {
  const order = epochOrder(seed, Math.floor(step / 3), 50);
  const samples = [...order.subarray((step % 3) * 20 + begin, (step % 3) * 20 + end)];
  return {
    features: samples.flatMap((sample) => [sample * 3, sample * 3 + 1, sample * 3 + 2]),
    targets: samples.flatMap((sample) => [sample / 2, sample / 2 + 0.25]),
    weights: samples,
  };
};
const floats = (bytes: Uint8Array<ArrayBuffer>) => [...new Float32Array(bytes.buffer)];

const meet = (room: number) => {
  const assignments = openAssignments({ shape, seed, data });
  const rows = new SentRows({ samples: 50, rowBytes: rowBytes(shape), cachesMax: 1 }).open('a', room);
  const cache = createRowCache({ id: '0', bytesMax: room });
  cache.open(shape, 'd');
  const worker = openRows({ ...shape, seed }, cache);
  const assign = (node: NodeAddress) =>
    parseServerMessage(assignments.frameOf(node, 250, rows), shape) as Assign;
  return { assignments, rows, worker, assign };
};

describe('an assignment', () => {
  it('brings the rows that its worker lacks, and its worker then has all of the node', () => {
    for (const room of [0, rowBytes(shape) * 7, 1e6]) {
      const { worker, assign } = meet(room);
      for (const node of [
        { step: 0, level: 1, index: 0 },
        { step: 0, level: 2, index: 0 },
        { step: 2, level: 0, index: 2 },
        { step: 3, level: 3, index: 0 },
      ]) {
        const message = assign(node);
        const { extra, lacking } = worker.accept(message);
        expect(lacking).toBeUndefined();
        const { rows, begin, end } = worker.gather(node, extra);
        expect({
          features: [...rows.features],
          targets: floats(rows.targets),
          weights: floats(rows.weights),
        }).toEqual(expected(node.step, begin, end));
      }
    }
  });

  it('brings each row once to a cache that has room for it', () => {
    const { assign } = meet(1e6);
    expect(assign({ step: 0, level: 1, index: 0 })).toMatchObject({ rows: 8, leaseMs: 250, version: 0 });
    expect(assign({ step: 0, level: 2, index: 0 }).rows).toBe(8);
    expect(assign({ step: 0, level: 2, index: 0 }).rows).toBe(0);
  });

  it('brings the rows again that its worker says are missing', () => {
    const { assignments, rows, assign } = meet(1e6);
    const node = { step: 0, level: 1, index: 0 };
    assign(node);
    const mask = new Uint8Array(8);
    putInMask(mask, 3);
    putInMask(mask, 5);
    assignments.forget({ type: 'missing', ...node, rows: 2, body: mask }, rows);
    expect([...assign(node).body.subarray(0, 8)]).toEqual([0b101000, 0, 0, 0, 0, 0, 0, 0]);
  });
});

it('holds all rows of so many shards within the largest frame', () => {
  const wide: RunShape = { ...shape, batchSize: 50, features: { kind: 'f32', width: 100_003 } };
  const shards = nodeShardsMax(wide);
  expect(shards).toBe(5);
  const rows = Float32Array.from({ length: 50 * 100_003 }, (_, i) => i % 1000);
  const big = { ...data, features: { kind: 'f32', width: 100_003, rows: shared(rows) } } as const;
  const assignments = openAssignments({ shape: wide, seed, data: big });
  const none = new SentRows({ samples: 50, rowBytes: 1, cachesMax: 1 }).open('a', 0);
  const frame = assignments.frameOf({ step: 0, level: 2, index: 0 }, 1, none);
  expect(parseServerMessage(frame, wide)).toMatchObject({ rows: 16 });
  expect(frame.length).toBeLessThanOrEqual(serverFrameBytesMax(wide));
});
