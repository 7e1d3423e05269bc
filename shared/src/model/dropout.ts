/**
 * Dropout (Srivastava et al. 2014): in training each value is zero with probability `rate`, and the others are
 * scaled by 1 / (1 - rate), so that an evaluation needs no scaling. What is dropped is a pure function of (seed,
 * layer, step, position of the sample in the mini-batch, unit): the derivative draws the same numbers again.
 */

import type { Kernels } from '../kernels/kernels.ts';
import { leadingDimension, panelBytes } from '../kernels/kernels.ts';
import type { LayerKind, Pass } from './layer.ts';
import type { DropoutSpec } from './spec.ts';

export const dropout: LayerKind<DropoutSpec> = {
  outputSize: (_spec, inputSize) => inputSize,

  parameters: () => [],

  describe: ({ rate }) => `dropout, ${rate}`,

  place({ rate }, { arena, input, layer, countMax }) {
    const { width } = input;
    const panels = arena.allocate(panelBytes(countMax, width));
    const derivative = arena.allocate(panelBytes(countMax, width));
    const threshold = Math.floor((1 - rate) * 2 ** 32);
    const scale = 1 / (1 - rate);
    const transform = (kernels: Kernels, pass: Pass, source: number, target: number) => {
      const { count, training, keyLow, keyHigh, step, first } = pass;
      // A rate that leaves no word out; as a u32 the threshold would be 0 and drop all.
      if (!training || threshold === 2 ** 32) {
        kernels.copy(source, target, panelBytes(count, width) >> 2);
        return;
      }
      kernels.dropout(source, target, count, width, keyLow, keyHigh, step, layer, first, threshold, scale);
    };

    return {
      output: { width, panels, derivative },

      // h = x kept / (1 - rate)
      forward(kernels, pass) {
        if (input.rows !== undefined) {
          kernels.rowsToPanels(input.rows, input.panels, pass.count, width, leadingDimension(width));
        }
        transform(kernels, pass, input.panels, panels);
      },

      // dx = dh kept / (1 - rate)
      backward(kernels, pass) {
        if (input.derivative !== undefined) transform(kernels, pass, derivative, input.derivative);
      },
    };
  },
};
