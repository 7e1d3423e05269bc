/** What clipping does to a gradient, and the squares of its norm, one float at a time. */

import type { Kernels } from '../kernels.ts';
import { SQUARE_SUM_FLOATS } from '../kernels.ts';

const f = Math.fround;
const COLUMNS = 8;

export function referenceClipping(v: Float32Array): Pick<Kernels, 'clamp' | 'scale' | 'squareSums'> {
  const view = new DataView(v.buffer);
  return {
    clamp(target, length, limit) {
      const bound = f(limit);
      for (let i = target >>> 2; i < (target >>> 2) + length; i++) {
        if (v[i]! > bound) v[i] = bound;
        else if (v[i]! < -bound) v[i] = -bound;
      }
    },

    scale(target, length, factor) {
      const by = f(factor);
      for (let i = target >>> 2; i < (target >>> 2) + length; i++) v[i] = v[i]! * by;
    },

    squareSums(source, length, target) {
      let at = target;
      for (let start = 0; start < length; start += SQUARE_SUM_FLOATS) {
        const columns = Array.from({ length: COLUMNS }, () => 0);
        const end = Math.min(start + SQUARE_SUM_FLOATS, length);
        for (let i = start; i < end; i++) {
          const x = v[(source >>> 2) + i]!;
          // The product of two float32 is exact in float64.
          columns[i % COLUMNS]! += x * x;
        }
        const pair = (column: number) => columns[column]! + columns[column + 1]!;
        view.setFloat64(at, pair(0) + pair(2) + (pair(4) + pair(6)), true);
        at += 8;
      }
    },
  };
}
