/** Where rows are not all zero (kernels.ts). Nothing else in the twin looks at a list: it leaves out no term. */

import type { Kernels } from '../kernels.ts';

const WINDOW = 8;

export function referenceWindows(words: Uint32Array): Pick<Kernels, 'findWindows'> {
  return {
    findWindows(rows, ld, count, inputs, windows) {
      const isZero = (column: number): boolean => {
        for (let sample = 0; sample < count; sample++) {
          if ((words[(rows >>> 2) + sample * ld + column]! & 0x7fffffff) !== 0) return false;
        }
        return true;
      };
      const list = windows >>> 2;
      let n = 0;
      for (let column = 0; column < inputs; ) {
        if (isZero(column)) column++;
        else {
          words[list + ++n] = column;
          column += WINDOW;
        }
      }
      if (n === 0) words[list + ++n] = 0;
      words[list] = n;
      return Number(n * WINDOW < inputs - (inputs >> 4));
    },
  };
}
