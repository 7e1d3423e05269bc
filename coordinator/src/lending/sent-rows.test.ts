import { describe, expect, it } from 'vitest';
import { SentRows } from './sent-rows.ts';

const open = (cachesMax = 10) => new SentRows({ samples: 100, rowBytes: 10, cachesMax });

describe('the rows that were sent to a cache', () => {
  it('are there until it is full; what comes later is used once', () => {
    const rows = open().open('a', 25);
    for (const sample of [7, 99, 0]) rows.note(sample);
    expect([7, 99, 0, 8].map((sample) => rows.has(sample))).toEqual([true, true, false, false]);
  });

  it('are forgotten where the worker lacks them, and leave no room for others', () => {
    const rows = open().open('a', 20);
    rows.note(3);
    rows.note(4);
    rows.forget(3);
    rows.note(5);
    expect([3, 4, 5].map((sample) => rows.has(sample))).toEqual([false, true, false]);
  });

  it('are those of its name and its room, whoever comes with it', () => {
    const sent = open();
    sent.open('a', 1000).note(1);
    expect(sent.open('a', 1000).has(1)).toBe(true);
    expect(sent.open('a', 999).has(1)).toBe(false);
    expect(sent.open('b', 1000).has(1)).toBe(false);
  });

  it('are forgotten with the cache that was seen longest ago when there are too many', () => {
    const sent = open(2);
    sent.open('a', 1000).note(1);
    sent.open('b', 1000).note(1);
    sent.open('a', 1000);
    sent.open('c', 1000);
    expect([sent.open('a', 1000).has(1), sent.open('b', 1000).has(1)]).toEqual([true, false]);
  });
});
