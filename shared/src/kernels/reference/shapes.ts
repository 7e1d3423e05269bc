/** Rows and panels, the two shapes of a batch (kernels.ts). */

import type { Kernels } from '../kernels.ts';

/** Index of the value of a feature of a sample in panels of `width` features that start at index `base`. */
export function panelIndex(base: number, width: number, sample: number, feature: number): number {
  return base + ((sample >> 3) * width + feature) * 8 + (sample & 7);
}

export function referenceShapes(
  v: Float32Array,
  bytes: Uint8Array,
): Pick<Kernels, 'bytesToRows' | 'rowsToPanels' | 'panelsToRows'> {
  return {
    bytesToRows(source, rows, count, width, ld, divisor) {
      const by = Math.fround(divisor);
      for (let sample = 0; sample < count; sample++) {
        const row = (rows >>> 2) + sample * ld;
        for (let i = 0; i < width; i++) v[row + i] = bytes[source + sample * width + i]! / by;
        v.fill(0, row + width, row + ld);
      }
    },

    rowsToPanels(rows, panels, count, width, ld) {
      for (let sample = 0; sample < ((count + 7) & ~7); sample++) {
        for (let i = 0; i < width; i++) {
          const value = sample < count ? v[(rows >>> 2) + sample * ld + i]! : 0;
          v[panelIndex(panels >>> 2, width, sample, i)] = value;
        }
      }
    },

    panelsToRows(panels, rows, count, width, ld) {
      for (let sample = 0; sample < count; sample++) {
        const row = (rows >>> 2) + sample * ld;
        for (let i = 0; i < width; i++) v[row + i] = v[panelIndex(panels >>> 2, width, sample, i)]!;
        v.fill(0, row + width, row + ld);
      }
    },
  };
}
