/**
 * `npm run bench:peers`: ours and its peers in one run, in turn. A table on standard error, JSON lines on standard
 * output, and with them a page and a picture in --out (default .cache/bench).
 *
 *   --out DIR    where bench.md, bench.svg and bench.jsonl go; docs/bench is what the README shows
 *   --rows LIST  only these rows, for example W1,W4
 *   --quick      a look: fewer and shorter windows
 *   --no-wide    leave out the newer Node of .cache/engines
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { machineRecord, PRODUCT_SIZE } from 'hivegrad/bench/bench';
import { productFlops } from 'hivegrad/bench/kernels';
import { workloads } from 'hivegrad/bench/workloads';
import { loadData } from 'hivegrad/data/load';
import { contest } from './contest.ts';
import { contestants, currentNode, peersFolder, pythonWithTorch, root } from './contestants.ts';
import { installPeers } from './install-peers.ts';
import { benchPicture } from './picture.ts';
import type { Result, RowInfo } from './results.ts';
import { resultOf } from './results.ts';
import { markdownPage, problems, terminalTable } from './tables.ts';
import { writeProductTask, writeTrainingTask } from './tasks.ts';

/** A row, and how its task is written. */
interface Row extends RowInfo {
  readonly perStep: number;
  write(folder: string): Promise<string> | string;
}

/** Beside W1 in the tables; the picture has W1 alone. */
const ON_MNIST = 'W1 on MNIST';

const rows: readonly Row[] = [
  {
    row: 'GEMM',
    description: `product of ${PRODUCT_SIZE} x ${PRODUCT_SIZE} matrices`,
    unit: 'GFLOP/s',
    perStep: productFlops(PRODUCT_SIZE) / 1e9,
    write: writeProductTask,
  },
  ...workloads.map((workload) => ({
    row: workload.name,
    description: workload.description,
    unit: workload.unit,
    perStep: workload.batchSize,
    write: (folder: string) =>
      writeTrainingTask(folder, workload.name, { workload, train: workload.train() }),
  })),
  {
    row: ON_MNIST,
    description: `${workloads[0]!.description}, real images`,
    unit: 'samples/s',
    perStep: workloads[0]!.batchSize,
    write: async (folder) => {
      const { train } = await loadData({ kind: 'mnist', scale: 'unit' }, { seed: 1 });
      return writeTrainingTask(folder, ON_MNIST, { workload: workloads[0]!, train });
    },
  },
];

const { values: flags } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, '.cache', 'bench') },
    rows: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'no-wide': { type: 'boolean', default: false },
  },
});
const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
const record = (entry: object) => `${JSON.stringify(entry)}\n`;

const machine = await machineRecord(true);
say(`Node ${machine.node}, ${machine.cores} cores, ${machine.cpu}`);
const missing = installPeers(say);
if (missing !== undefined) say(`${missing}. The JavaScript peers are left out.`);
const wide = flags['no-wide'] ? undefined : currentNode();
if (wide === undefined && !flags['no-wide']) {
  say(
    'There is no newer Node in .cache/engines (npm run test:engines brings one): only this Node is measured.',
  );
}
const specs = contestants({ threads: machine.cores, wide, python: pythonWithTorch() });
const windows = flags.quick
  ? { rounds: 3, windowMs: 250, warmUpMs: 400 }
  : { rounds: 5, windowMs: 500, warmUpMs: 1_000 };
const wanted = flags.rows?.split(',');
const folder = mkdtempSync(join(tmpdir(), 'hivegrad-peers-'));
const results: Result[] = [];
let lines = record(machine);
process.stdout.write(lines);
try {
  for (const { write, perStep, ...info } of rows) {
    if (wanted !== undefined && !wanted.includes(info.row)) continue;
    const taskFile = await write(folder);
    const taking = specs.filter((spec) => spec.rows === undefined || spec.rows.includes(info.row));
    const entries = await contest(taking, { row: info.row, taskFile, perStep, ...windows, onProgress: say });
    const explained = entries.map((entry) =>
      // A package that npm could not bring fails with a long sentence about modules; the reason is npm's.
      missing !== undefined && entry.failure?.includes('ERR_MODULE_NOT_FOUND')
        ? { ...entry, failure: missing }
        : entry,
    );
    results.push(resultOf(info, explained));
    const text = explained.map((entry) => record({ ...entry, unit: info.unit })).join('');
    lines += text;
    process.stdout.write(text);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

say(`\n${terminalTable(results)}`);
say(problems(results).join('\n'));
const out = resolve(flags.out);
mkdirSync(out, { recursive: true });
const subtitle = `${machine.cores} cores of ${machine.cpu}, Node ${machine.node}; logarithmic, longer is faster`;
writeFileSync(join(out, 'bench.jsonl'), lines);
writeFileSync(
  join(out, 'bench.svg'),
  benchPicture(
    results.filter(({ row }) => row !== ON_MNIST),
    subtitle,
  ),
);
writeFileSync(join(out, 'bench.md'), markdownPage(results, machine, 'npm run bench:peers'));
say(`Written: bench.md, bench.svg and bench.jsonl in ${out}; the peers are in ${peersFolder}.`);
