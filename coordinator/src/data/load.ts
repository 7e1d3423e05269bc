/** The one entry for data: a complete description goes in, a training, a test and perhaps a validation part come out. */

import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { loadFlights } from './flights.ts';
import { loadIdx } from './idx.ts';
import { loadMemory, refuseMemory } from './memory-load.ts';
import { loadMnist } from './mnist.ts';
import { loadNpy } from './npy-load.ts';
import type { DataSpec, LoadOptions } from './spec.ts';
import { loadTableFiles } from './table-files.ts';
import { loadAutoMpg, loadPenguins } from './vega.ts';

/**
 * Loads what `spec` describes into shared memory. Errors: UserError with the DATA codes, naming file, line and
 * remedy.
 */
export async function loadData(spec: DataSpec, options: LoadOptions): Promise<DataSplit> {
  if (spec.kind !== 'memory' && options.memory !== undefined) refuseMemory(spec.kind);
  switch (spec.kind) {
    case 'mnist':
      return loadMnist(spec, options);
    case 'idx':
      return loadIdx(spec, options);
    case 'csv':
    case 'json':
    case 'parquet':
      return loadTableFiles(spec, options);
    case 'npy':
      return loadNpy(spec, options);
    case 'memory':
      return loadMemory(spec, options);
    case 'autoMpg':
      return loadAutoMpg(spec, options);
    case 'penguins':
      return loadPenguins(spec, options);
    case 'flights':
      return loadFlights(spec, options);
  }
}
