/** The one entry for data: a complete description goes in, a training and a test part come out. */

import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { loadCsv } from './csv.ts';
import { loadIdx } from './idx.ts';
import { loadMnist } from './mnist.ts';
import type { DataSpec } from './spec.ts';

/**
 * Loads what `spec` describes into shared memory. `seed` draws the test part where no file gives it.
 * Errors: {@link UserError} with the DATA codes, naming file, line and remedy.
 */
export function loadData(spec: DataSpec, seed: number): Promise<DataSplit> {
  switch (spec.kind) {
    case 'mnist':
      return loadMnist(spec);
    case 'idx':
      return loadIdx(spec);
    case 'csv':
      return loadCsv(spec, seed);
  }
}
