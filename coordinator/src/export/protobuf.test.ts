import { expect, it } from 'vitest';
import { bytesField, floatField, joined, textField, varintField } from './protobuf.ts';

const hex = (...fields: Parameters<typeof joined>[0][]) => Buffer.from(joined(fields.flat())).toString('hex');

// The first three are the examples of the encoding guide of protocol buffers.
it('writes varints, text and messages inside messages as the encoding guide shows them', () => {
  expect(hex(varintField(1, 150))).toBe('089601');
  expect(hex(textField(2, 'testing'))).toBe('120774657374696e67');
  expect(hex(bytesField(3, varintField(1, 150)))).toBe('1a03089601');
});

it('writes field numbers above 15, values above 32 bits and float32 numbers', () => {
  expect(hex(varintField(16, 0))).toBe('800100');
  expect(hex(varintField(1, 2 ** 32))).toBe('088080808010');
  expect(hex(varintField(1, Number.MAX_SAFE_INTEGER))).toBe('08ffffffffffffff0f');
  expect(hex(floatField(2, 0.5), floatField(2, 0.01))).toBe('150000003f150ad7233c');
});

it('counts bytes, not characters', () => {
  expect(hex(textField(1, 'ä€'))).toBe('0a05c3a4e282ac');
});

it('refuses a negative value, which would take ten bytes, and one that is no whole number', () => {
  for (const value of [-1, 0.5, 2 ** 53]) expect(() => varintField(1, value)).toThrow(RangeError);
});
