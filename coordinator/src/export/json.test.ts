import { expect, it } from 'vitest';
import { tableEncoding, trained, withEncoding } from './export.test.support.ts';
import { encodeJson, float32Text } from './json.ts';

const bitsOf = (values: readonly number[]) => new Uint32Array(Float32Array.from(values).buffer);

it('writes numbers that read back to the same float32, and no longer than needed', () => {
  const cases: [number, string][] = [
    [0.1, '0.1'],
    [-1, '-1'],
    [-0, '-0'],
    [0, '0'],
    [1 / 3, '0.33333334'],
    [16777216, '16777216'],
    [2 ** 127, '1.7014118e+38'],
    // One of the weights that take all nine digits.
    [1.00005035e-36, '1.00005035e-36'],
  ];
  for (const [value, text] of cases) expect(float32Text(Math.fround(value))).toBe(text);
});

it('writes every kind of float32 so that its bits come back', () => {
  const bits = new Uint32Array(5_000);
  let word = 1;
  for (let i = 0; i < bits.length; i++) {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    // Infinite and NaN have all exponent bits; a denormal number has none.
    bits[i] = (word & 0x7f800000) === 0x7f800000 ? word & 0x807fffff : word;
  }
  const values = Array.from(new Float32Array(bits.buffer));
  expect(bitsOf(JSON.parse(`[${values.map(float32Text).join(',')}]`))).toEqual(bits);
});

it('holds the model, the encoding, the digests and the weights as nested arrays', () => {
  const network = withEncoding(tableEncoding);
  const text = new TextDecoder().decode(encodeJson(network));
  const read = JSON.parse(text);
  expect(read).toMatchObject({
    format: 'hivegrad-weights-1',
    step: 7,
    weightsSha256: network.weightsDigest,
    configSha256: 'c'.repeat(64),
    dataSha256: 'd'.repeat(64),
    model: network.model,
    encoding: tableEncoding,
  });
  expect(Object.keys(read.parameters)).toEqual(['layers.0.weight', 'layers.0.bias']);
  const { 'layers.0.weight': weight, 'layers.0.bias': bias } = read.parameters;
  expect(weight.map((row: number[]) => row.length)).toEqual([2, 2, 2]);
  expect(bitsOf([...weight.flat(), ...bias])).toEqual(bitsOf(Array.from(network.weights)));
  // The minus zero of the example.
  expect(text).toContain('[1, -0]');
});

it('refuses a weight for which JSON has no number, and names its parameter', () => {
  const weights = Float32Array.from([1, 2, 3, 4, 5, 6, 7, Number.NaN, 9]);
  expect(() => encodeJson(trained({ weights }))).toThrow(
    expect.objectContaining({
      code: 'EXPORT_NOT_FINITE',
      message:
        'layers.0.bias holds NaN, for which JSON has no number. Export the network as safetensors or npz.',
    }),
  );
});
