import { afterEach, expect, it } from 'vitest';
import { trained } from './export.test.support.ts';
import { encodeNpy, encodeNpz } from './npz.ts';

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

it('writes the header of an array as the description of the format shows it', () => {
  const npy = Buffer.from(encodeNpy([3], Float32Array.of(1, -2, 0.5)));
  // 118 bytes of header behind ten make 128, a multiple of 64.
  const head = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
  expect(npy.subarray(0, 10).toString('latin1')).toBe('\x93NUMPY\x01\x00\x76\x00');
  expect(npy.subarray(10, 128).toString()).toBe(`${head.padEnd(117)}\n`);
  expect(npy.subarray(128).toString('hex')).toBe('0000803f000000c00000003f');
  expect(Buffer.from(encodeNpy([2, 1], Float32Array.of(1, 2))).toString('latin1')).toContain('(2, 1), }');
});

it('gives the same bytes in every time zone', () => {
  const files = ['Pacific/Auckland', 'UTC', 'America/Anchorage'].map((name) => {
    process.env.TZ = name;
    return encodeNpz(trained());
  });
  expect(files[1]).toEqual(files[0]);
  expect(files[2]).toEqual(files[0]);
  // In MS-DOS format: 1980-01-01, 12:00.
  expect(Buffer.from(files[0]!).readUInt32LE(10)).toBe((1 << 21) | (1 << 16) | (12 << 11));
});

it('refuses a network that is larger than such an archive can be', () => {
  expect(() => encodeNpz(trained(), { bytesMax: 600 })).toThrow(
    expect.objectContaining({
      code: 'EXPORT_TOO_LARGE',
      message: expect.stringMatching(/as npz.*Export it as safe/),
    }),
  );
});
