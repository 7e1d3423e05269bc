import { expect, it } from 'vitest';
import { philox } from '../kernels/philox.ts';
import { purposes, wordStream } from './philox.ts';

const block = (counter: number[], key: [number, number]) => {
  const words = new Uint32Array(counter);
  philox(words, ...key);
  return [...words].map((word) => word.toString(16).padStart(8, '0'));
};

// The known answers that come with the paper's Random123 library.
it('gives the published known answers of Philox4x32-10', () => {
  expect(block([0, 0, 0, 0], [0, 0])).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']);
  const ones = 0xffffffff;
  expect(block([ones, ones, ones, ones], [ones, ones])).toEqual([
    '408f276d',
    '41c83b0e',
    'a20bc7c6',
    '6d5451fd',
  ]);
  expect(block([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    'd16cfe09',
    '94fdcceb',
    '5001e420',
    '24126ea1',
  ]);
});

it('gives other words for another seed, purpose, stream or block', () => {
  const first = (seed: number, purpose: 1 | 2 | 3, which: number, index: number) => {
    const words = new Uint32Array(4);
    wordStream(seed, purpose, which)(index, words);
    return words[0];
  };
  const all = [
    first(1, purposes.shuffle, 0, 0),
    first(2, purposes.shuffle, 0, 0),
    first(1 + 2 ** 32, purposes.shuffle, 0, 0),
    first(1, purposes.split, 0, 0),
    first(1, purposes.shuffle, 1, 0),
    first(1, purposes.shuffle, 0, 1),
  ];
  expect(new Set(all).size).toBe(6);
});
