import { createHash } from 'node:crypto';
import type { Features, Targets } from '@hivegrad/shared/data/dataset';
import { describe, expect, it } from 'vitest';
import { createDataset, datasetDigest } from './digest.ts';

function shared(...bytes: number[]): SharedArrayBuffer {
  const rows = new SharedArrayBuffer(bytes.length);
  new Uint8Array(rows).set(bytes);
  return rows;
}

const features: Features = { kind: 'u8', scale: 'unit', width: 2, rows: shared(1, 2, 3, 4) };
const targets: Targets = {
  kind: 'classes',
  classes: 3,
  names: ['a', 'b', 'c'],
  rows: shared(0, 0, 0, 0, 2, 0, 0, 0),
};

describe('datasetDigest', () => {
  it('is SHA-256 over the documented header and the bytes', () => {
    const header =
      '{"format":"hivegrad-dataset-1","samples":2,"features":{"kind":"u8","scale":"unit","width":2},' +
      '"targets":{"kind":"classes","classes":3}}\n';
    const bytes = Buffer.concat([Buffer.from(header), Buffer.from([1, 2, 3, 4, 0, 0, 0, 0, 2, 0, 0, 0])]);
    expect(datasetDigest(features, targets, { samples: 2 })).toBe(
      createHash('sha256').update(bytes).digest('hex'),
    );
  });

  it('differs when the scale, a shape, the number of classes, a kind or one bit differs', () => {
    const values: Targets = { kind: 'values', width: 1, rows: targets.rows };
    const digests = [
      datasetDigest(features, targets, { samples: 2 }),
      datasetDigest({ ...features, scale: 'none' }, targets, { samples: 2 }),
      datasetDigest({ ...features, width: 4 }, targets, { samples: 2 }),
      datasetDigest({ ...features, rows: shared(1, 2, 3, 5) }, targets, { samples: 2 }),
      datasetDigest({ kind: 'f32', width: 2, rows: features.rows }, targets, { samples: 2 }),
      datasetDigest(features, { ...targets, classes: 4 }, { samples: 2 }),
      datasetDigest(features, { ...targets, rows: shared(0, 0, 0, 0, 1, 0, 0, 0) }, { samples: 2 }),
      datasetDigest(features, values, { samples: 2 }),
      datasetDigest(features, { ...values, width: 2 }, { samples: 2 }),
      datasetDigest(features, targets, { samples: 1 }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('covers weights after the targets, and is what it was without them', () => {
    const header =
      '{"format":"hivegrad-dataset-1","samples":2,"features":{"kind":"u8","scale":"unit","width":2},' +
      '"targets":{"kind":"classes","classes":3},"weights":"f32"}\n';
    const weights = shared(0, 0, 128, 63, 0, 0, 0, 64);
    const bytes = Buffer.concat([
      Buffer.from(header),
      Buffer.from([1, 2, 3, 4, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64]),
    ]);
    expect(datasetDigest(features, targets, { samples: 2, weights })).toBe(
      createHash('sha256').update(bytes).digest('hex'),
    );
    expect(createDataset(features, targets, { samples: 2, weights }).weights).toBe(weights);
    expect(() => createDataset(features, targets, { samples: 2, weights: shared(0, 0, 0, 0) })).toThrow(
      'weights have 4 bytes, not 8',
    );
  });

  it('does not depend on the names of the classes', () => {
    const renamed: Targets = { ...targets, names: ['x', 'y', 'z'] };
    expect(datasetDigest(features, renamed, { samples: 2 })).toBe(
      datasetDigest(features, targets, { samples: 2 }),
    );
  });
});

describe('createDataset', () => {
  it('carries the digest of its rows', () => {
    expect(createDataset(features, targets, { samples: 2 }).digest).toBe(
      datasetDigest(features, targets, { samples: 2 }),
    );
  });

  it('throws when a buffer does not hold exactly one row per sample', () => {
    expect(() => createDataset(features, targets, { samples: 3 })).toThrow(
      'feature rows have 4 bytes, not 6',
    );
    expect(() => createDataset(features, { ...targets, rows: shared(0, 0, 0, 0) }, { samples: 2 })).toThrow(
      'target rows have 4 bytes, not 8',
    );
  });
});
