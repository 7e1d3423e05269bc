/** Tables in files of the user: the formats by name, and the loader that a configuration asks for. */

import { basename } from 'node:path';
import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { openCsv } from './csv-table.ts';
import { openJson } from './json-table.ts';
import { availableMemory } from './memory.ts';
import { openParquet } from './parquet-table.ts';
import type { CsvDataSpec, JsonDataSpec, LoadOptions, ParquetDataSpec } from './spec.ts';
import type { TableFile } from './table.ts';
import { loadTable } from './table-load.ts';

export type TableFormat = 'csv' | 'json' | 'parquet';

const FORMAT_NAMES = { csv: 'CSV', json: 'JSON', parquet: 'Parquet' } as const;

/** Opens a table of a known format; errors are those of its reader. */
export function openTable(
  path: string,
  format: TableFormat,
  { delimiter, memoryBytes }: { delimiter: string; memoryBytes: number },
): Promise<TableFile> {
  switch (format) {
    case 'csv':
      return openCsv(path, delimiter);
    case 'json':
      return openJson(path);
    case 'parquet':
      return openParquet(path, memoryBytes);
  }
}

/** Loads the table, or the pair of tables, that `spec` names; errors as of {@link loadTable}. */
export async function loadTableFiles(
  spec: CsvDataSpec | JsonDataSpec | ParquetDataSpec,
  load: LoadOptions,
): Promise<DataSplit> {
  const settings = {
    delimiter: spec.kind === 'csv' ? spec.delimiter : ',',
    memoryBytes: load.memoryBytes ?? availableMemory(),
  };
  const train = await openTable(spec.train, spec.kind, settings);
  const test = spec.test === undefined ? undefined : await openTable(spec.test, spec.kind, settings);
  const origin =
    spec.test === undefined ? basename(spec.train) : `${basename(spec.train)} and ${basename(spec.test)}`;
  const source = { format: FORMAT_NAMES[spec.kind], origin, train, options: spec };
  return loadTable(test === undefined ? source : { ...source, test }, load);
}
