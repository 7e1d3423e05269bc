import { expect, it } from 'vitest';
import { differences } from './differences.ts';

it('says nothing about equal values, whatever the order of their keys', () => {
  expect(differences({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toEqual([]);
});

it('names every nested value that differs, with both values', () => {
  const saved = {
    batchSize: 64,
    model: { layers: [{ units: 128 }, { units: 10 }] },
    optimizer: { type: 'adam' },
  };
  const given = {
    batchSize: 32,
    model: { layers: [{ units: 64 }, { units: 10 }] },
    optimizer: { type: 'sgd' },
  };
  expect(differences(saved, given)).toEqual([
    'batchSize: 64 in the run, 32 now',
    'model.layers[0].units: 128 in the run, 64 now',
    'optimizer.type: "adam" in the run, "sgd" now',
  ]);
});

it('says what is absent on either side', () => {
  expect(differences({ a: 1, list: [1, 2], u: undefined }, { b: null, list: [1] })).toEqual([
    'a: 1 in the run, absent now',
    'list[1]: 2 in the run, absent now',
    'b: absent in the run, null now',
  ]);
});

it('tells apart types that print alike, and an object from a list', () => {
  expect(differences({ a: 1, b: {}, c: null }, { a: '1', b: [], c: {} })).toEqual([
    'a: 1 in the run, "1" now',
    'b: {} in the run, [] now',
    'c: null in the run, {} now',
  ]);
});

it('compares keys that every object inherits', () => {
  expect(differences({ constructor: 1 }, {})).toEqual(['constructor: 1 in the run, absent now']);
});

it('quotes unusual keys, cuts long values and describes a whole value', () => {
  expect(differences({ 'a.b': 1 }, { 'a.b': 2 })).toEqual(['["a.b"]: 1 in the run, 2 now']);
  expect(differences('x'.repeat(200), 1)).toEqual([
    `the whole value: "${'x'.repeat(79)}... in the run, 1 now`,
  ]);
});
