/** Dropout, one value at a time; kernels.ts says which random word a value has. */

import type { Kernels } from '../kernels.ts';
import { philox } from '../philox.ts';
import { panelIndex } from './shapes.ts';

/** The number of dropout among the purposes of random/philox.ts. */
const PURPOSE = 4;

export function referenceDropout(v: Float32Array): Pick<Kernels, 'dropout'> {
  const block = new Uint32Array(4);
  return {
    dropout(source, target, count, width, keyLow, keyHigh, step, layer, first, threshold, scale) {
      const factor = Math.fround(scale);
      const isKept = (sample: number, unit: number) => {
        block[0] = unit >> 2;
        block[1] = first + sample;
        block[2] = step;
        block[3] = PURPOSE | (layer << 8);
        philox(block, keyLow, keyHigh);
        return block[unit & 3]! < threshold >>> 0;
      };
      for (let sample = 0; sample < ((count + 7) & ~7); sample++) {
        for (let unit = 0; unit < width; unit++) {
          const x = v[panelIndex(source >>> 2, width, sample, unit)]!;
          const kept = sample < count && isKept(sample, unit);
          v[panelIndex(target >>> 2, width, sample, unit)] = kept ? x * factor : 0;
        }
      }
    },
  };
}
