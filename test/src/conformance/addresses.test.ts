import { activationIds, biasModeIds } from '@hivegrad/shared/kernels/kernels';
import { describe, it } from 'vitest';
import { panelFloats } from './arena.ts';
import { floats, integers } from './data.ts';
import { createPair } from './pair.ts';

const BYTES = 1 << 18;
/** Operands lie on both sides of the address 2^31, from which a signed one would be negative. */
const pair = createPair(BYTES, { origin: 2 ** 31 - BYTES / 4 });
const [count, inputs, units, shardSize] = [19, 269, 13, 4];
const ld = 272;

describe('kernels in a memory of more than 2 GiB', () => {
  it('go forward with the bits of the twin', () => {
    pair.check(1, (arena) => {
      const weights = arena.input(floats(units * inputs, 1, 'plain'));
      const bias = arena.input(floats(units, 2, 'plain'));
      const rows = arena.input(floats(count * ld, 3, 'plain'));
      const panels = arena.output('panels', panelFloats(count, inputs));
      const z = arena.panels('z', count, units);
      const output = arena.panels('output', count, units);
      const labels = arena.input(integers(count, 4, units));
      const dOutputs = arena.panels('dOutputs', count, units);
      const sampleWeights = arena.input(floats(count, 5, 'plain'));
      const kept = arena.output('kept', panelFloats(count, units));
      const sums = arena.output('sums', 2);
      const scratch = arena.scratch(256 * 240 + 160);
      return (kernels) => {
        kernels.rowsToPanels(rows, panels, count, inputs, ld);
        const { unit } = biasModeIds;
        const { gelu } = activationIds;
        kernels.denseForward(weights, bias, unit, panels, z, output, count, inputs, units, gelu, scratch);
        kernels.softmaxCrossEntropy(
          output,
          labels,
          sampleWeights,
          dOutputs,
          count,
          units,
          shardSize,
          sums,
          scratch,
        );
        kernels.dropout(output, kept, count, units, 1, 2, 3, 4, 5, 2 ** 31, 2);
        kernels.softmax(output, output, count, units);
      };
    });
  });

  it('go backward with the bits of the twin', () => {
    pair.check(2, (arena) => {
      const weights = arena.input(floats(units * inputs, 1, 'plain'));
      const z = arena.input(floats(panelFloats(count, units), 2, 'plain'));
      const rows = arena.input(floats(count * ld, 3, 'plain'));
      const dz = arena.inout('dz', floats(panelFloats(count, units), 4, 'plain'));
      const dInput = arena.panels('dInput', count, inputs);
      const dWeights = arena.output('dWeights', units * inputs);
      const dBias = arena.output('dBias', units);
      const scratch = arena.scratch(34 * 320 + 3 * count * 20 + count * 256);
      return (kernels) => {
        kernels.activationBackward(activationIds.silu, z, z, dz, panelFloats(count, units));
        kernels.denseInputGradient(weights, dz, dInput, count, inputs, units, scratch);
        kernels.denseWeightGradient(dz, rows, ld, 0, dWeights, count, shardSize, inputs, units, scratch);
        kernels.denseBiasGradient(dz, dBias, count, shardSize, units, biasModeIds.unit, scratch);
      };
    });
  });

  it('average and update with the bits of the twin', () => {
    pair.check(3, (arena) => {
      const [length, slots] = [2051, 7];
      const source = arena.input(floats(length * slots, 1, 'plain'));
      const gradient = arena.output('gradient', length);
      const scratch = arena.scratch(32 * 512 * 4);
      const w = arena.input(floats(length, 2, 'plain'));
      const wNext = arena.output('wNext', length);
      const v = arena.input(floats(length, 3, 'plain'));
      const vNext = arena.output('vNext', length);
      const squares = arena.output('squares', 2 * Math.ceil(length / 512));
      const copied = arena.output('copied', length);
      return (kernels) => {
        const finite = kernels.treeMean(source, length * 4, slots, length, 5, gradient, scratch);
        kernels.squareSums(gradient, length, squares);
        kernels.clamp(gradient, length, 0.3);
        kernels.scale(gradient, length, 0.7);
        kernels.copy(gradient, copied, length);
        return finite + 2 * kernels.sgd(gradient, w, wNext, v, vNext, length, 0.1, 0.9, 1, 0.01);
      };
    });
  });
});
