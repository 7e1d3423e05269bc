/**
 * Activations and their derivatives. Those built on transcendental functions are computed in float64 from the
 * float32 argument and rounded once, by the store; the others round after each operation. The order of
 * operations is that of assembly/activations.ts, to the letter. A NaN stays a NaN.
 */

import { exp, expm1, log1p, sigmoid, tanh } from '../elementary.ts';
import { activationIds } from '../kernels.ts';

const f = Math.fround;
const LEAK = f(0.01);
const SQRT_2_OVER_PI = 0.7978845608028654;
const CUBIC = 0.044715;

const geluTanh = (x: number, square: number) => tanh(SQRT_2_OVER_PI * (x + CUBIC * square * x));

interface ActivationFunction {
  /** sigma(z). */
  value(z: number): number;
  /** d sigma'(z), from the derivative d by the output, and z or h = sigma(z). */
  backward(d: number, z: number, h: number): number;
}

/** The chain rule with a slope that is computed in float64 and rounded once. */
const times =
  (slope: (z: number, h: number) => number) =>
  (d: number, z: number, h: number): number =>
    d * f(slope(z, h));

/** Indexed by the numbers of `activationIds`. */
export const activationFunctions: ActivationFunction[] = [];

activationFunctions[activationIds.identity] = { value: (z) => z, backward: (d) => d };
activationFunctions[activationIds.relu] = {
  value: (z) => (z <= 0 ? 0 : z),
  backward: (d, _z, h) => (h <= 0 ? 0 : d),
};
activationFunctions[activationIds.leakyRelu] = {
  value: (z) => (z > 0 ? z : z * LEAK),
  backward: (d, _z, h) => (h > 0 ? d : d * LEAK),
};
activationFunctions[activationIds.elu] = {
  value: (z) => (z > 0 ? z : expm1(z)),
  backward: times((z) => (z > 0 ? 1 : exp(z))),
};
activationFunctions[activationIds.gelu] = {
  value: (z) => 0.5 * z * (1 + geluTanh(z, z * z)),
  backward: times((z) => {
    const square = z * z;
    const t = geluTanh(z, square);
    const inner = SQRT_2_OVER_PI * (1 + 3 * CUBIC * square);
    return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * inner;
  }),
};
activationFunctions[activationIds.silu] = {
  value: (z) => z * sigmoid(z),
  backward: times((z) => {
    const s = sigmoid(z);
    return s + z * s * (1 - s);
  }),
};
activationFunctions[activationIds.sigmoid] = { value: sigmoid, backward: times((_z, h) => h * f(1 - h)) };
activationFunctions[activationIds.tanh] = { value: tanh, backward: times((_z, h) => 1 - f(h * h)) };
activationFunctions[activationIds.softplus] = {
  value: (z) => (z <= 0 ? 0 : z) + log1p(exp(-Math.abs(z))),
  backward: times(sigmoid),
};
