import { describe, expect, it } from 'vitest';
import { bytesOf, exampleContent } from '../checkpoint/checkpoint.test.support.ts';
import { encodeCheckpoint } from '../checkpoint/format.ts';
import { trained } from '../export/export.test.support.ts';
import { encodeWeights } from '../export/safetensors.ts';
import { inspectFile } from './file.ts';
import { epochOf, readMetrics } from './run.ts';

/** A safetensors file with any header. */
function foreign(header: object, dataBytes: number): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, new Uint8Array(dataBytes)]);
}

describe('inspectFile', () => {
  it('lists the tensors of a checkpoint and what it belongs to', () => {
    const report = inspectFile(bytesOf(7), 'f');
    expect(report.checkpoint).toEqual({
      format: 'hivegrad-1',
      step: 7,
      weightsSha256: trained().weightsDigest,
      configSha256: 'c'.repeat(64),
      dataSha256: 'd'.repeat(64),
      optimizerSlots: ['m', 'v'],
      model: exampleContent().model,
    });
    expect(report.tensors.map(({ name, values }) => `${name} ${values}`)).toEqual([
      'layers.0.weight 6',
      'layers.0.bias 3',
      'optimizer.m.layers.0.weight 6',
      'optimizer.m.layers.0.bias 3',
      'optimizer.v.layers.0.weight 6',
      'optimizer.v.layers.0.bias 3',
    ]);
    expect(report.tensors[1]).toMatchObject({ shape: [3], statistics: { min: 6, max: 7, zeros: 0 } });
  });

  it('shows the rest of a checkpoint whose model it does not know', () => {
    const model = { inputSize: 2, layers: [{ type: 'other' }], loss: 'squaredError' };
    const bytes = encodeCheckpoint({ ...exampleContent(), model: model as never });
    expect(inspectFile(bytes, 'f').checkpoint).toMatchObject({ step: 7, model: null });
  });

  it('lists tensors of every type in a file of another program, a type that is newer included', () => {
    const header = {
      __metadata__: { format: 'pt' },
      half: { dtype: 'F16', shape: [2, 2], data_offsets: [0, 8] },
      index: { dtype: 'I64', shape: [1], data_offsets: [8, 16] },
      packed: { dtype: 'F4', shape: [6], data_offsets: [16, 19] },
      future: { dtype: 'F5_E9', shape: [3], data_offsets: [19, 24] },
    };
    const report = inspectFile(foreign(header, 24), 'f');
    expect(report).toMatchObject({ checkpoint: null, metadata: { format: 'pt' } });
    expect(report.tensors.map(({ name, dtype, values }) => [name, dtype, values])).toEqual([
      ['half', 'F16', 4],
      ['index', 'I64', 1],
      ['packed', 'F4', 6],
      ['future', 'F5_E9', 3],
    ]);
    expect(report.tensors.map(({ statistics }) => statistics?.zeros)).toEqual([4, 1, undefined, undefined]);
  });

  it('lists what was exported', () => {
    expect(inspectFile(encodeWeights(trained()), 'f')).toMatchObject({
      checkpoint: null,
      metadata: { weightsSha256: trained().weightsDigest },
    });
  });

  it.each([
    ['fewer bytes than its shape', { a: { dtype: 'F16', shape: [2], data_offsets: [0, 2] } }, 2],
    ['bytes that are not there', { a: { dtype: 'I64', shape: [2], data_offsets: [0, 16] } }, 8],
    ['bits that fill no byte', { a: { dtype: 'F4', shape: [3], data_offsets: [0, 2] } }, 2],
    [
      'an end before its beginning, which hides what is missing of another',
      {
        a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
        b: { dtype: 'NEW', shape: [1], data_offsets: [4, 2] },
      },
      2,
    ],
  ])('refuses a tensor that claims %s', (_, header, dataBytes) => {
    expect(() => inspectFile(foreign(header, dataBytes), 'f')).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_DAMAGED' }),
    );
  });

  it('calls a checkpoint damaged from which a byte is missing, and not a file of another program', () => {
    expect(() => inspectFile(bytesOf(7).subarray(0, -1), 'f')).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_DAMAGED' }),
    );
  });
});

describe('the metrics of a run', () => {
  const read = (text: string | undefined) =>
    readMetrics('metrics.jsonl', {
      readFile: async () => {
        if (text === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' });
        return new TextEncoder().encode(text);
      },
    } as never);
  const line = (step: number, epoch: number, kind: string) => JSON.stringify({ step, epoch, kind });

  it('are the whole lines of the file, or none where there is no file', async () => {
    const lines = [line(5, 1, 'train'), line(10, 1, 'epoch'), '{"step":3}', 'null', '{"step":15,"ep'];
    expect((await read(lines.join('\n'))).map(({ step }) => step)).toEqual([5, 10]);
    expect(await read(undefined)).toEqual([]);
  });

  it('tell the epoch of a step', async () => {
    const lines = await read([line(5, 1, 'train'), line(10, 1, 'epoch'), line(15, 2, 'train')].join('\n'));
    expect([3, 10, 11, 15, 16].map((step) => epochOf(lines, step))).toEqual([1, 1, 2, 2, 2]);
    expect(epochOf([], 3)).toBeNull();
  });
});
