import { purposes, wordStream } from '@hivegrad/shared/random/philox';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { panelFloats } from './arena.ts';
import { counts, dataSeed, flavour, forAll, widths } from './cases.ts';
import { type Flavour, floats } from './data.ts';
import { createPair } from './pair.ts';
import { memory, panel, put, room, startOver, twin } from './twin.ts';

interface Case {
  count: number;
  width: number;
  key: number;
  step: number;
  layer: number;
  first: number;
  threshold: number;
  seed: number;
  flavour: Flavour;
}

const word = fc.constantFrom(0, 1, 2 ** 31 - 1, 2 ** 31, 0xdeadbeef, 2 ** 32 - 8);
const cases = fc.record<Case>({
  count: counts,
  width: widths,
  key: word,
  step: word,
  layer: fc.constantFrom(0, 1, 255, 2 ** 24 - 1),
  first: word,
  threshold: fc.constantFrom(1, 2 ** 30, 2 ** 31, 3 * 2 ** 30, 2 ** 32 - 1),
  seed: dataSeed,
  flavour,
});
const pair = createPair(1 << 20);

function check({ count, width, key, step, layer, first, threshold, seed, flavour }: Case): void {
  const scale = 2 ** 32 / threshold;
  pair.check(seed, (arena) => {
    // Every sample of the last panel is defined: what is missing becomes +0.
    const source = arena.input(floats(panelFloats(count, width), seed, flavour));
    const target = arena.output('target', panelFloats(count, width));
    const both = arena.inout('both', floats(panelFloats(count, width), seed + 1, flavour));
    return (kernels) => {
      kernels.dropout(source, target, count, width, key, ~seed, step, layer, first, threshold, scale);
      kernels.dropout(both, both, count, width, ~seed, key, step, layer, first, threshold, scale);
    };
  });
}

describe('dropout', () => {
  it('has the bits of the twin for all remainders, in place and elsewhere, and writes nothing else', () => {
    forAll(cases, 150, check);
  });

  it('has the bits of the twin for every remainder of units and samples', () => {
    for (let width = 1; width <= 9; width++) {
      for (let count = 1; count <= 17; count++) {
        const rest = { key: 7, step: 3, layer: 2, first: 40, threshold: 2 ** 31, seed: count } as const;
        check({ count, width, ...rest, flavour: 'wild' });
      }
    }
  });
});

describe('the twin of dropout', () => {
  const [count, width, seed, step, layer, first] = [37, 50, 0x1234_5678_9abc, 77, 3, 64];
  const keep = 0.7;
  const scale = Math.fround(1 / keep);
  const [keyLow, keyHigh] = [seed % 2 ** 32, Math.floor(seed / 2 ** 32)];
  const threshold = Math.floor(keep * 2 ** 32);

  const dropped = (from: number, samples: number, values: Float32Array): Float32Array => {
    startOver();
    const [source, target] = [put(values), room(values.length)];
    twin.dropout(source, target, samples, width, keyLow, keyHigh, step, layer, from, threshold, scale);
    return memory.slice(target / 4, target / 4 + values.length);
  };

  it('keeps what the stream of (seed, dropout and layer, step) says, scaled and rounded once', () => {
    const values = floats(panelFloats(count, width), 1, 'plain');
    const got = dropped(first, count, values);
    const stream = wordStream(seed, (purposes.dropout | (layer << 8)) as typeof purposes.dropout, step);
    const block = new Uint32Array(4);
    let kept = 0;
    for (let sample = 0; sample < count; sample++) {
      for (let unit = 0; unit < width; unit++) {
        stream(Math.floor(unit / 4) + 2 ** 32 * (first + sample), block);
        const isKept = block[unit % 4]! < keep * 2 ** 32;
        const at = panel(width, sample, unit);
        expect(got[at]).toBe(isKept ? Math.fround(values[at]! * scale) : 0);
        if (isKept) kept++;
      }
    }
    // Within four deviations of the mean.
    const spread = Math.sqrt(count * width * keep * (1 - keep));
    expect(Math.abs(kept - count * width * keep)).toBeLessThan(4 * spread);
  });

  it('gives a sample the same mask wherever its batch is cut', () => {
    const ones = (samples: number) => new Float32Array(panelFloats(samples, width)).fill(1);
    const whole = dropped(first, count, ones(count));
    for (const [from, to] of [
      [0, 8],
      [8, 13],
      [13, 37],
    ] as const) {
      const part = dropped(first + from, to - from, ones(to - from));
      for (let sample = from; sample < to; sample++) {
        for (let unit = 0; unit < width; unit++) {
          expect(part[panel(width, sample - from, unit)]).toBe(whole[panel(width, sample, unit)]);
        }
      }
    }
  });

  it('makes +0 of what it drops and of missing samples, be it NaN, infinite or negative', () => {
    for (const value of [NaN, Infinity, -1]) {
      const got = dropped(first, 5, new Float32Array(panelFloats(5, width)).fill(value));
      const zeros = got.filter((x) => Object.is(x, 0)).length;
      expect(zeros).toBeGreaterThan(3 * width);
      expect(got.filter((x) => Object.is(x, value * scale)).length).toBe(got.length - zeros);
    }
  });
});
