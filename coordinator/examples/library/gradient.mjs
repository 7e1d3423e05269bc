/** The gradient of one sample by hand: J = (y - 1)^2 with h = w1 x, y = w2 h + b, so dJ/dw2 = 2 (y - 1) h. */

import { gradient } from 'hivegrad';

const model = {
  inputSize: 1,
  layers: [
    { type: 'dense', units: 1, bias: 'none' },
    { type: 'dense', units: 1 },
  ],
  loss: 'squaredError',
};
// w1 = 0.0125, w2 = 0.1 and b = 1.19875 give h = 0.0125 and y = 1.2 for x = 1.
const weights = new Float32Array([0.0125, 0.1, 1.19875]);
const { gradient: derivatives, lossSum } = await gradient(model, weights, [1], [1], { shardSize: 1 });
for (const [i, name] of ['w1', 'w2', 'b'].entries())
  console.log(`dJ/d${name} = ${derivatives[i].toPrecision(6)}`);
console.log(`J = ${lossSum.toPrecision(6)}`);
