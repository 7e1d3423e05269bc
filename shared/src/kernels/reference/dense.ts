/** A dense layer forward and backward, one sum at a time. */

import type { Kernels } from '../kernels.ts';
import { biasModeIds } from '../kernels.ts';
import { activationFunctions } from './activations.ts';
import { nodeSum } from './reduce.ts';
import { panelIndex } from './shapes.ts';

const f = Math.fround;

type DenseKernels = Pick<
  Kernels,
  | 'denseForward'
  | 'denseForwardRows'
  | 'activate'
  | 'activationBackward'
  | 'denseInputGradient'
  | 'denseWeightGradient'
  | 'denseBiasGradient'
>;

interface Layer {
  readonly weights: number;
  readonly bias: number;
  readonly biasMode: number;
  readonly z: number;
  readonly output: number;
  readonly inputs: number;
  readonly units: number;
  readonly activation: number;
}

export function referenceDense(v: Float32Array): DenseKernels {
  /** One sample; feature i lies at index x + i stride. */
  const forward = (layer: Layer, sample: number, x: number, stride: number): void => {
    const { weights, bias, biasMode, z, output, inputs, units, activation } = layer;
    const { value } = activationFunctions[activation]!;
    for (let unit = 0; unit < units; unit++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++) {
        const w = v[(weights >>> 2) + unit * inputs + i]!;
        sum = f(sum + f(w * v[x + i * stride]!));
      }
      if (biasMode !== biasModeIds.none) {
        sum = f(sum + v[(bias >>> 2) + (biasMode === biasModeIds.unit ? unit : 0)]!);
      }
      v[panelIndex(z >>> 2, units, sample, unit)] = sum;
      v[panelIndex(output >>> 2, units, sample, unit)] = value(sum);
    }
  };
  return {
    denseForward(weights, bias, biasMode, input, z, output, count, inputs, units, activation) {
      const layer = { weights, bias, biasMode, z, output, inputs, units, activation };
      for (let sample = 0; sample < ((count + 7) & ~7); sample++) {
        forward(layer, sample, panelIndex(input >>> 2, inputs, sample, 0), 8);
      }
    },

    denseForwardRows(
      weights,
      bias,
      biasMode,
      rows,
      ld,
      _windows,
      _panels,
      z,
      output,
      count,
      inputs,
      units,
      activation,
    ) {
      const layer = { weights, bias, biasMode, z, output, inputs, units, activation };
      for (let sample = 0; sample < count; sample++) forward(layer, sample, (rows >>> 2) + sample * ld, 1);
    },

    activate(activation, source, target, floats) {
      const { value } = activationFunctions[activation]!;
      for (let i = 0; i < floats; i++) v[(target >>> 2) + i] = value(v[(source >>> 2) + i]!);
    },

    activationBackward(activation, z, output, d, floats) {
      const { backward } = activationFunctions[activation]!;
      for (let i = 0; i < floats; i++) {
        const index = (d >>> 2) + i;
        v[index] = backward(v[index]!, v[(z >>> 2) + i]!, v[(output >>> 2) + i]!);
      }
    },

    denseInputGradient(weights, dz, dInput, count, inputs, units) {
      for (let sample = 0; sample < ((count + 7) & ~7); sample++) {
        for (let i = 0; i < inputs; i++) {
          let sum = 0;
          for (let unit = 0; unit < units; unit++) {
            const w = v[(weights >>> 2) + unit * inputs + i]!;
            sum = f(sum + f(w * v[panelIndex(dz >>> 2, units, sample, unit)]!));
          }
          v[panelIndex(dInput >>> 2, inputs, sample, i)] = sum;
        }
      }
    },

    denseWeightGradient(dz, rows, ld, _windows, dWeights, count, shardSize, inputs, units) {
      for (let unit = 0; unit < units; unit++) {
        for (let i = 0; i < inputs; i++) {
          v[(dWeights >>> 2) + unit * inputs + i] = nodeSum(count, shardSize, (sample) =>
            f(v[panelIndex(dz >>> 2, units, sample, unit)]! * v[(rows >>> 2) + sample * ld + i]!),
          );
        }
      }
    },

    denseBiasGradient(dz, dBias, count, shardSize, units, biasMode) {
      const term = (sample: number, unit: number) => v[panelIndex(dz >>> 2, units, sample, unit)]!;
      if (biasMode === biasModeIds.layer) {
        v[dBias >>> 2] = nodeSum(count, shardSize, (sample) => {
          let sum = 0;
          for (let unit = 0; unit < units; unit++) sum = f(sum + term(sample, unit));
          return sum;
        });
        return;
      }
      for (let unit = 0; unit < units; unit++) {
        v[(dBias >>> 2) + unit] = nodeSum(count, shardSize, (sample) => term(sample, unit));
      }
    },
  };
}
