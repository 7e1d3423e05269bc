/** Optimizer updates, one parameter at a time; assembly/optimizers.ts names the papers. */

import type { Kernels } from '../kernels.ts';
import { allFinite } from './reduce.ts';

const f = Math.fround;

export function referenceOptimizers(
  x: Float32Array,
): Pick<Kernels, 'sgd' | 'adam' | 'scaledByRootMeanSquare'> {
  return {
    sgd(gradient, w, wNext, v, vNext, length, learningRate, momentum, nesterov, weightDecay) {
      const [rate, mu, decay] = [f(learningRate), f(momentum), f(weightDecay)];
      for (let i = 0; i < length; i++) {
        const weight = x[(w >>> 2) + i]!;
        let g = x[(gradient >>> 2) + i]!;
        if (decay !== 0) g = f(g + f(decay * weight));
        if (mu !== 0) {
          const velocity = f(f(mu * x[(v >>> 2) + i]!) + g);
          x[(vNext >>> 2) + i] = velocity;
          g = nesterov ? f(g + f(mu * velocity)) : velocity;
        }
        x[(wNext >>> 2) + i] = weight - f(rate * g);
      }
      return mu === 0 ? allFinite(x, length, wNext) : allFinite(x, length, wNext, vNext);
    },

    adam(
      gradient,
      w,
      wNext,
      m,
      mNext,
      v,
      vNext,
      length,
      beta1,
      oneMinusBeta1,
      beta2,
      oneMinusBeta2,
      stepSize,
      root,
      epsilon,
      weightDecay,
      shrink,
    ) {
      const [b1, c1, b2, c2] = [f(beta1), f(oneMinusBeta1), f(beta2), f(oneMinusBeta2)];
      const [step, divisor, eps] = [f(stepSize), f(root), f(epsilon)];
      const [decay, factor] = [f(weightDecay), f(shrink)];
      for (let i = 0; i < length; i++) {
        let weight = x[(w >>> 2) + i]!;
        let g = x[(gradient >>> 2) + i]!;
        if (decay !== 0) g = f(g + f(decay * weight));
        if (factor !== 1) weight = f(weight * factor);
        const first = f(f(b1 * x[(m >>> 2) + i]!) + f(c1 * g));
        const second = f(f(b2 * x[(v >>> 2) + i]!) + f(c2 * f(g * g)));
        x[(mNext >>> 2) + i] = first;
        x[(vNext >>> 2) + i] = second;
        const denominator = f(f(f(Math.sqrt(second)) / divisor) + eps);
        x[(wNext >>> 2) + i] = weight - f(step * f(first / denominator));
      }
      return allFinite(x, length, wNext, mNext, vNext);
    },

    scaledByRootMeanSquare(
      gradient,
      w,
      wNext,
      s,
      sNext,
      length,
      learningRate,
      keep,
      add,
      epsilon,
      weightDecay,
    ) {
      const [rate, keeps, adds, eps, decay] = [f(learningRate), f(keep), f(add), f(epsilon), f(weightDecay)];
      for (let i = 0; i < length; i++) {
        const weight = x[(w >>> 2) + i]!;
        let g = x[(gradient >>> 2) + i]!;
        if (decay !== 0) g = f(g + f(decay * weight));
        const square = f(f(keeps * x[(s >>> 2) + i]!) + f(adds * f(g * g)));
        x[(sNext >>> 2) + i] = square;
        x[(wNext >>> 2) + i] = weight - f(rate * f(g / f(f(Math.sqrt(square)) + eps)));
      }
      return allFinite(x, length, wNext, sNext);
    },
  };
}
