import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exampleContent } from './checkpoint.test.support.ts';
import { decodeCheckpoint, encodeCheckpoint, requireParameters, weightsDigest } from './format.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.ts';

const bytes = encodeCheckpoint(exampleContent());

/** A file with a right checksum around content that was tampered with. */
function forged(change: (metadata: Record<string, string>, tensors: Tensor[]) => void): Uint8Array {
  const { metadata, tensors } = decodeSafetensors(bytes, 'f');
  const changed = { ...metadata, checksum: '0'.repeat(64) };
  const list = [...tensors];
  change(changed, list);
  const file = Buffer.from(encodeSafetensors(list, changed));
  file.write(createHash('sha256').update(file).digest('hex'), 37);
  return file;
}

const damagedFile = expect.objectContaining({ code: 'CHECKPOINT_DAMAGED' });

describe('encodeCheckpoint', () => {
  it('writes the bytes that were derived from the format by hand', () => {
    const model = { inputSize: 1, layers: [], loss: 'squaredError' } as const;
    const tiny = encodeCheckpoint({
      step: 2,
      parameters: [
        { name: 'layers.0.weight', shape: [1, 1], offset: 0, size: 1 },
        { name: 'layers.0.bias', shape: [1], offset: 1, size: 1 },
      ],
      weights: Float32Array.from([1, -2]),
      optimizerSlots: ['momentum'],
      optimizerState: Float32Array.from([0.5, 0]),
      model,
      configDigest: 'c0',
      dataDigest: 'da',
      extra: {},
    });
    const weights = '0000803f000000c0';
    const weightsSha256 = createHash('sha256').update(weights, 'hex').digest('hex');
    const header = (checksum: string): string =>
      `{"__metadata__":{"checksum":"${checksum}","format":"hivegrad-1","step":"2","weightsSha256":"${weightsSha256}",` +
      '"configSha256":"c0","dataSha256":"da",' +
      '"model":"{\\"inputSize\\":1,\\"layers\\":[],\\"loss\\":\\"squaredError\\"}","optimizerSlots":"[\\"momentum\\"]"},' +
      '"layers.0.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},' +
      '"layers.0.bias":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},' +
      '"optimizer.momentum.layers.0.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},' +
      '"optimizer.momentum.layers.0.bias":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}';
    // 661 characters and three spaces make 664 = 0x0298 bytes; 0.5 is 3f000000.
    expect(header('0'.repeat(64))).toHaveLength(661);
    const hex = (checksum: string): string =>
      `9802000000000000${Buffer.from(header(checksum)).toString('hex')}202020${weights}0000003f00000000`;
    const checksum = createHash('sha256')
      .update(hex('0'.repeat(64)), 'hex')
      .digest('hex');
    expect(Buffer.from(tiny).toString('hex')).toBe(hex(checksum));
  });

  it('gives the same bytes for the same content, whatever the order of the extra keys', () => {
    const content = exampleContent();
    const extra = Object.fromEntries(Object.entries(content.extra).reverse());
    expect(encodeCheckpoint({ ...content, extra })).toEqual(bytes);
  });

  it('reads vectors that lie in shared memory', () => {
    const content = exampleContent();
    const share = (values: Float32Array): Float32Array => {
      const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
      shared.set(values);
      return shared;
    };
    const shared = { weights: share(content.weights), optimizerState: share(content.optimizerState) };
    expect(encodeCheckpoint({ ...content, ...shared })).toEqual(bytes);
  });

  it('throws when parameters leave a gap or the optimizer state has another length', () => {
    const content = exampleContent();
    const [first, second] = content.parameters;
    if (first === undefined || second === undefined) throw new Error('two parameters expected');
    const gap = { ...content, parameters: [first, { ...second, offset: 7 }] };
    expect(() => encodeCheckpoint(gap)).toThrow('layers.0.bias begins at 7 instead of 6');
    expect(() => encodeCheckpoint({ ...content, parameters: [first] })).toThrow(
      'parameters fill 6 of 9 values',
    );
    expect(() => encodeCheckpoint({ ...content, optimizerSlots: ['m'] })).toThrow(
      '18 optimizer values for 1 x 9',
    );
  });
});

describe('decodeCheckpoint', () => {
  it('gives back every bit of what was encoded', () => {
    const content = exampleContent();
    const digest = createHash('sha256').update(new Uint8Array(content.weights.buffer)).digest('hex');
    const checkpoint = decodeCheckpoint(bytes, 'f');
    expect(checkpoint).toEqual({ ...content, weightsDigest: digest });
    expect(Object.is(checkpoint.weights[1], -0)).toBe(true);
    expect(weightsDigest(content.weights)).toBe(digest);
  });

  it('gives back a checkpoint of an optimizer that keeps nothing', () => {
    const content = { ...exampleContent(), optimizerSlots: [], optimizerState: new Float32Array(0) };
    expect(decodeCheckpoint(encodeCheckpoint(content), 'f')).toMatchObject(content);
  });

  it('gives back the best weights of a run that keeps them', () => {
    const content = { ...exampleContent(), bestWeights: Float32Array.from({ length: 9 }, (_, i) => -i) };
    const file = encodeCheckpoint(content);
    expect(decodeCheckpoint(file, 'f')).toMatchObject(content);
    const names = decodeSafetensors(file, 'f').tensors.map(({ name }) => name);
    expect(names.slice(-3)).toEqual([
      'optimizer.v.layers.0.bias',
      'best.layers.0.weight',
      'best.layers.0.bias',
    ]);
    const bare = { ...content, optimizerSlots: [], optimizerState: new Float32Array(0) };
    expect(decodeCheckpoint(encodeCheckpoint(bare), 'f')).toMatchObject(bare);
    expect(decodeCheckpoint(bytes, 'f')).not.toHaveProperty('bestWeights');
  });

  it('detects every flipped bit', () => {
    const undetected: string[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        decodeCheckpoint(flipped, 'f');
        undetected.push(`bit ${bit}`);
      } catch (error) {
        expect(error).toEqual(damagedFile);
      }
    }
    expect(undetected).toEqual([]);
  });

  it('detects a cut at every length, and bytes added at the end', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeCheckpoint(bytes.subarray(0, length), 'f')).toThrow(damagedFile);
    }
    expect(() => decodeCheckpoint(Buffer.concat([bytes, Buffer.alloc(1)]), 'f')).toThrow(damagedFile);
  });

  it('says that a file of another program is no hivegrad checkpoint', () => {
    const foreign = encodeSafetensors([], { format: 'pt' });
    expect(() => decodeCheckpoint(foreign, 'x.safetensors')).toThrow(
      /x\.safetensors.*does not begin like a hivegrad/,
    );
  });

  it('accepts the file with a right checksum that the next tests tamper with', () => {
    expect(
      decodeCheckpoint(
        forged(() => undefined),
        'f',
      ).step,
    ).toBe(7);
  });

  it.each<[string, string, (metadata: Record<string, string>, tensors: Tensor[]) => void]>([
    [
      'another format',
      'it has the format hivegrad-9',
      (metadata) => {
        metadata.format = 'hivegrad-9';
      },
    ],
    [
      'no step',
      'its metadata lack step',
      (metadata) => {
        delete metadata.step;
      },
    ],
    [
      'a negative step',
      'its step is -1',
      (metadata) => {
        metadata.step = '-1';
      },
    ],
    [
      'a step in hex',
      'its step is 0x7',
      (metadata) => {
        metadata.step = '0x7';
      },
    ],
    [
      'other weights than its digest',
      'not those of its weightsSha256',
      (metadata) => {
        metadata.weightsSha256 = '';
      },
    ],
    [
      'a model that is no JSON',
      'its model is not JSON',
      (metadata) => {
        metadata.model = '{';
      },
    ],
    [
      'slots that are no names',
      'not a list of names',
      (metadata) => {
        metadata.optimizerSlots = '[1]';
      },
    ],
    [
      'another slot',
      'does not fit its optimizer slots [m, w]',
      (metadata) => {
        metadata.optimizerSlots = '["m","w"]';
      },
    ],
    [
      'a slot too many',
      'does not fit',
      (metadata) => {
        metadata.optimizerSlots = '["m","v","x"]';
      },
    ],
    [
      'a tensor too few',
      'does not fit',
      (_, tensors) => {
        tensors.pop();
      },
    ],
    [
      'best weights for a part of the network',
      'does not fit',
      (_, tensors) => {
        const { shape, data } = tensors[1]!;
        tensors.push({ name: 'best.layers.0.bias', dtype: 'F32', shape, data });
      },
    ],
    [
      'two tensors exchanged',
      'does not fit',
      (_, tensors) => {
        tensors.reverse();
      },
    ],
  ])('refuses a file with %s', (_name, reason, change) => {
    const attempt = (): unknown => decodeCheckpoint(forged(change), 'f');
    expect(attempt).toThrow(damagedFile);
    expect(attempt).toThrow(reason);
  });
});

describe('requireParameters', () => {
  const checkpoint = decodeCheckpoint(bytes, 'f');

  it('accepts the parameters that the checkpoint was written with', () => {
    requireParameters(checkpoint, exampleContent().parameters, 'f');
  });

  it('names the first parameter that differs', () => {
    const [first] = exampleContent().parameters;
    if (first === undefined) throw new Error('a parameter expected');
    const attempt = (): void => requireParameters(checkpoint, [{ ...first, shape: [2, 3] }], 'f');
    expect(attempt).toThrow(expect.objectContaining({ code: 'CHECKPOINT_DIFFERS' }));
    expect(attempt).toThrow('layers.0.weight [3, 2] where the network has layers.0.weight [2, 3]');
    expect(() => requireParameters(checkpoint, [first], 'f')).toThrow(
      'layers.0.bias [3] where the network has nothing',
    );
  });
});
