import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.ts';

/** A file with any header and any number of data bytes. */
function file(header: unknown, dataBytes = 0): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

function tensor(shape: readonly number[], begin: number, end: number, dtype = 'F32'): object {
  return { dtype, shape, data_offsets: [begin, end] };
}

const example: readonly Tensor[] = [
  { name: 'layers.0.weight', dtype: 'F32', shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) },
  { name: 'scale', dtype: 'F32', shape: [], data: Float32Array.from([-0.5]) },
  { name: 'empty', dtype: 'F32', shape: [0, 4], data: new Float32Array(0) },
];

describe('encodeSafetensors', () => {
  it('writes the bytes that the format prescribes', () => {
    const bytes = encodeSafetensors(
      [{ name: 'b', dtype: 'F32', shape: [2], data: Float32Array.from([1, -2]) }],
      { k: 'v' },
    );
    const header = '{"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    // 79 characters and one space make 80 = 0x50 bytes of header; 1 is 3f800000 and -2 is c0000000.
    const expected = `5000000000000000${Buffer.from(header).toString('hex')}20${'0000803f'}${'000000c0'}`;
    expect(header).toHaveLength(79);
    expect(Buffer.from(bytes).toString('hex')).toBe(expected);
  });

  it('starts the data at a multiple of 8 for names of any length', () => {
    for (let length = 1; length <= 9; length++) {
      const bytes = encodeSafetensors([{ ...example[1], name: 'n'.repeat(length) } as Tensor], {});
      expect((bytes.length - 4) % 8).toBe(0);
    }
  });

  it('throws when the data do not fill the shape or a name is used twice', () => {
    const one: Tensor = { name: 'a', dtype: 'F32', shape: [3], data: new Float32Array(2) };
    expect(() => encodeSafetensors([one], {})).toThrow('a: 2 values for [3]');
    expect(() =>
      encodeSafetensors(
        [
          { ...one, shape: [2] },
          { ...one, shape: [2] },
        ],
        {},
      ),
    ).toThrow('unique');
  });
});

describe('decodeSafetensors', () => {
  it('gives back the tensors and the metadata that were encoded', () => {
    const metadata = { ascii: 'x', unicode: '\u00e9\u{1f41d}"\\', ['__proto__']: 'p' };
    expect(decodeSafetensors(encodeSafetensors(example, metadata), 'f')).toEqual({
      tensors: example,
      metadata,
    });
  });

  it('reads tensors that begin at an odd address of a buffer', () => {
    const bytes = encodeSafetensors(example, {});
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeSafetensors(Buffer.from(shifted.buffer, 1), 'f').tensors).toEqual(example);
  });

  it('accepts tensors in any order of the header as long as they cover the data', () => {
    const { tensors } = decodeSafetensors(
      file({ late: tensor([1], 4, 8), early: tensor([1], 0, 4) }, 8),
      'f',
    );
    expect(tensors.map(({ name }) => name)).toEqual(['early', 'late']);
  });

  const a = tensor([1], 0, 4);
  const invalidUtf8 = file({ __metadata__: { a: '?' } }).map((byte) => (byte === 0x3f ? 0xff : byte));
  const tooLong = file('{}');
  new DataView(tooLong.buffer, tooLong.byteOffset).setBigUint64(0, 100_000_001n, true);
  const cases: readonly (readonly [name: string, bytes: Uint8Array, reason: string])[] = [
    ['is empty', new Uint8Array(0), 'it has only 0 bytes'],
    ['claims a header of more than 100 MB', tooLong, 'claims 100000001 bytes'],
    ['ends inside its header', file('{"a":1}').subarray(0, 14), 'its header of 7 bytes is cut short'],
    ['has a header that is not JSON', file('{"a":'), 'not JSON'],
    ['has a header that is not UTF-8', invalidUtf8, 'not JSON in UTF-8'],
    ['has a list for a header', file('[]'), 'does not begin with {'],
    ['has a space before its header', file(' {}'), 'does not begin with {'],
    [
      'names a tensor twice',
      file(`{"a":${JSON.stringify(a)},"a":${JSON.stringify(a)}}`, 4),
      'has the key "a" twice',
    ],
    [
      'has a key twice within a tensor',
      file('{"a":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
      '"dtype" twice',
    ],
    [
      'has metadata that are not strings',
      file({ __metadata__: { step: 1 } }),
      '__metadata__ is not a map of strings',
    ],
    [
      'has overlapping tensors',
      file({ a: tensor([2], 0, 8), b: tensor([2], 4, 12) }, 12),
      'tensor b overlaps',
    ],
    ['has two tensors over the same bytes', file({ a, b: a }, 4), 'tensor b overlaps'],
    [
      'has a hole between tensors',
      file({ a, b: tensor([1], 8, 12) }, 12),
      'a hole of 4 bytes before tensor b',
    ],
    [
      'has a hole before the first tensor',
      file({ a: tensor([1], 4, 8) }, 8),
      'a hole of 4 bytes before tensor a',
    ],
    ['has an offset beyond its end', file({ a: tensor([2], 0, 8) }, 4), '4 bytes are missing'],
    ['has bytes after the last tensor', file({ a }, 5), '1 bytes follow after the last tensor'],
    [
      'has a tensor whose length is not that of its shape',
      file({ a: tensor([2, 2], 0, 12) }, 12),
      'instead of 16 bytes',
    ],
    ['has a tensor that ends before it begins', file({ a: tensor([1], 4, 0) }, 4), 'takes bytes 4 to 0'],
    ['has a shape whose product overflows', file({ a: tensor([2 ** 40, 2 ** 40], 0, 4) }, 4), 'instead of'],
    ['has a negative size', file({ a: tensor([-1], 0, 4) }, 4), 'not a list of sizes'],
    ['has a fractional offset', file({ a: tensor([1], 0.5, 4.5) }, 5), 'does not have two byte offsets'],
    [
      'has three offsets',
      file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 4] } }, 4),
      'two byte offsets',
    ],
    ['has another number type', file({ a: tensor([2], 0, 4, 'F16') }, 4), 'has the type "F16"'],
    ['describes a tensor by a number', file({ a: 1 }), 'not described by an object'],
  ];
  it.each(cases)('refuses a file that %s, and names file and reason', (_name, bytes, reason) => {
    let caught: unknown;
    try {
      decodeSafetensors(bytes, 'runs/x/step-1.safetensors');
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ name: 'UserError', code: 'CHECKPOINT_DAMAGED' });
    expect(String(caught)).toContain('runs/x/step-1.safetensors is damaged');
    expect(String(caught)).toContain(reason);
  });
});
