/** The configuration that the examples share: fifteen flowers in three species. */

import { fileURLToPath } from 'node:url';

export const iris = {
  data: {
    kind: 'csv',
    train: fileURLToPath(new URL('iris.csv', import.meta.url)),
    target: 'species',
    task: 'classes',
  },
  model: {
    layers: [
      { type: 'dense', units: 8, activation: 'tanh' },
      { type: 'dense', units: 3 },
    ],
  },
  optimizer: { type: 'adam', learningRate: 0.05 },
  epochs: 40,
};
