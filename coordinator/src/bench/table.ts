/** The records of a bench as a table for people: a row for each thing measured, a column for each number of threads. */

import { formatNumber, formatPercent, formatTable } from '../cli/format.ts';
import { type BenchRecord, PRODUCT_SIZE, type RateRecord, threadsText } from './bench.ts';
import { spread } from './measure.ts';
import type { Workload } from './workloads.ts';

export function benchTable(records: readonly BenchRecord[], workloads: readonly Workload[]): string {
  const rates = records.filter((record) => record.what !== 'machine') as RateRecord[];
  const threads = [...new Set(rates.map((record) => record.threads))].sort((a, b) => a - b);
  const names = [...new Set(rates.map(({ what }) => what))];
  const header = ['', '', ...threads.map(threadsText), 'unit', 'spread'];
  const rows = names.map((name) => {
    const row = rates.filter(({ what }) => what === name);
    const cells = threads.map((count) => {
      const record = row.find((candidate) => candidate.threads === count);
      return record === undefined ? '' : formatThree(record.rate);
    });
    const widest = Math.max(...row.map(({ runs }) => spread(runs)));
    return [name, describe(name, workloads), ...cells, row[0]!.unit, `± ${formatPercent(widest, 0)}`];
  });
  return formatTable(
    [header, ...rows],
    ['left', 'left', ...threads.map(() => 'right' as const), 'left', 'right'],
  );
}

/** Three significant digits, since the fourth changes from one run to the next. */
export function formatThree(rate: number): string {
  return formatNumber(Number(rate.toPrecision(3)), 3);
}

/** Names of workloads whose weights depend on the number of threads; there should be none. */
export function differingDigests(records: readonly BenchRecord[]): string[] {
  const digests = new Map<string, Set<string>>();
  for (const record of records) {
    if (record.what === 'machine' || !('digest' in record) || record.digest === undefined) continue;
    digests.set(record.what, (digests.get(record.what) ?? new Set()).add(record.digest));
  }
  return [...digests].filter(([, found]) => found.size > 1).map(([name]) => name);
}

function describe(name: string, workloads: readonly Workload[]): string {
  if (name === 'matrix product') return `${PRODUCT_SIZE} x ${PRODUCT_SIZE} x ${PRODUCT_SIZE}`;
  if (name === 'memory copy') return '64 MiB, read and written';
  return workloads.find((workload) => workload.name === name)?.description ?? '';
}
