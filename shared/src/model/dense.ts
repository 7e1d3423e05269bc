/** The fully connected layer: h = sigma(z), z = W x + b, equations (1) and (14). */

import {
  activationIds,
  biasModeIds,
  leadingDimension,
  panelBytes,
  windowsBytes,
} from '../kernels/kernels.ts';
import type { LayerKind } from './layer.ts';
import type { Activation, DenseSpec } from './spec.ts';

/** Activations whose derivative is taken from z; that of the others follows from h and needs no second buffer. */
const needsZ: ReadonlySet<Activation> = new Set(['elu', 'gelu', 'silu', 'softplus']);

/** In narrower rows columns of zeros are not looked for. */
const SKIP_INPUTS_MIN = 64;

export const dense: LayerKind<DenseSpec> = {
  outputSize: (spec) => spec.units,

  parameters(spec, inputSize) {
    const weight = {
      name: 'weight',
      shape: [spec.units, inputSize],
      initial: { initializer: spec.initializer, fanIn: inputSize, fanOut: spec.units },
    };
    if (spec.bias === 'none') return [weight];
    return [weight, { name: 'bias', shape: [spec.bias === 'unit' ? spec.units : 1], initial: 'zero' }];
  },

  describe: (spec) =>
    `dense, ${spec.activation}${spec.bias === 'unit' ? '' : spec.bias === 'none' ? ', no bias' : ', one bias'}`,

  place(spec, { arena, input, parameterOffset, countMax, scratch }) {
    const { units } = spec;
    const inputs = input.width;
    const activation = activationIds[spec.activation];
    const biasMode = biasModeIds[spec.bias];
    const weight = parameterOffset * 4;
    const bias = weight + units * inputs * 4;
    const ld = leadingDimension(inputs);
    const rows = input.rows ?? arena.allocate(countMax * ld * 4);
    const panels = arena.allocate(panelBytes(countMax, units));
    const z = needsZ.has(spec.activation) ? arena.allocate(panelBytes(countMax, units)) : panels;
    const derivative = arena.allocate(panelBytes(countMax, units));
    const looks = input.rows !== undefined && inputs >= SKIP_INPUTS_MIN;
    const list = looks ? arena.allocate(windowsBytes(ld)) : 0;
    /** The list of windows of the present pass, or 0. */
    let windows = 0;

    return {
      output: { width: units, panels, derivative },

      // x [count][inputs] -> z, h [count][units]
      forward(kernels, { weights, count, skipZeros }) {
        if (input.rows === undefined) {
          kernels.denseForward(
            weights + weight,
            weights + bias,
            biasMode,
            input.panels,
            z,
            panels,
            count,
            inputs,
            units,
            activation,
            scratch,
          );
          return;
        }
        const skips = skipZeros && looks && kernels.findWindows(rows, ld, count, inputs, list) === 1;
        windows = skips ? list : 0;
        kernels.denseForwardRows(
          weights + weight,
          weights + bias,
          biasMode,
          rows,
          ld,
          windows,
          input.panels,
          z,
          panels,
          count,
          inputs,
          units,
          activation,
          scratch,
        );
      },

      // dh -> dz = dh sigma'(z); dW = dz x^T; db = dz (16); dx = W^T dz (15)
      backward(kernels, { weights, gradient, count, shardSize }) {
        const floats = panelBytes(count, units) >> 2;
        // The derivative of the identity is 1.
        if (spec.activation !== 'identity') {
          kernels.activationBackward(activation, z, panels, derivative, floats);
        }
        if (input.rows === undefined) kernels.panelsToRows(input.panels, rows, count, inputs, ld);
        const dWeight = gradient + weight;
        kernels.denseWeightGradient(
          derivative,
          rows,
          ld,
          windows,
          dWeight,
          count,
          shardSize,
          inputs,
          units,
          scratch,
        );
        if (spec.bias !== 'none') {
          kernels.denseBiasGradient(derivative, gradient + bias, count, shardSize, units, biasMode, scratch);
        }
        if (input.derivative !== undefined) {
          kernels.denseInputGradient(
            weights + weight,
            derivative,
            input.derivative,
            count,
            inputs,
            units,
            scratch,
          );
        }
      },
    };
  },
};
