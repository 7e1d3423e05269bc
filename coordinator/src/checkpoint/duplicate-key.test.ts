import { expect, it } from 'vitest';
import { duplicateKey } from './duplicate-key.ts';

it('finds nothing when the same key stands in different objects', () => {
  expect(duplicateKey('{"a":{"a":1,"b":[{"a":1},{"a":2}]},"b":"a"}')).toBeUndefined();
});

it('finds a key that stands twice in a nested object', () => {
  expect(duplicateKey('[{"x":1},{"y":{"z":1,"w":[],"z":2}}]')).toBe('z');
});

it('goes on with the outer object after an inner one has ended', () => {
  expect(duplicateKey('{"a":{"b":[1,{}]},"a":1}')).toBe('a');
});

it('takes escaped and plain spellings for the same key', () => {
  expect(duplicateKey(String.raw`{"a\"b":1,"\u0061\u0022b":2}`)).toBe('a"b');
});

it('is not misled by braces, colons and quotes inside strings', () => {
  expect(duplicateKey(String.raw`{"a":"}{\":\"a\":","b":"\\","c":"a"}`)).toBeUndefined();
});
