/** A small run for tests: 10 samples in steps of 4, 4 and 2, in shards of 2. */

import type { RunShape } from './messages.ts';

export const exampleShape: RunShape = {
  samples: 10,
  batchSize: 4,
  shardSize: 2,
  epochs: 5,
  parameters: 8,
  features: { kind: 'u8', width: 3, scale: 'unit' },
  targets: { kind: 'classes', classes: 2 },
  weighted: false,
};
