/**
 * Runs for a bench: `hivegrad train --listen` as a process, on synthetic images in files, and what its /metrics tell.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { syntheticImages } from 'hivegrad/bench/synthetic';
import { idx } from '../../support/files.ts';

const entry = createRequire(import.meta.url).resolve('hivegrad/cli/main');

/** Pixels of an image, a side and in all. */
const SIDE = 28;
const WIDTH = SIDE * SIDE;
/** The test set costs a moment at the end of each epoch, so it is small. */
const TEST_SAMPLES = 64;
/** A run that does not listen by then has failed. */
const PATIENCE_MS = 30_000;
/** Of what it says the end is kept, for the case that it fails. */
const SAID_LENGTH_MAX = 4_000;

export interface RunTask {
  /** Units of the hidden layers; there are 784 inputs and 10 classes. */
  readonly hidden: readonly number[];
  readonly samples: number;
  readonly batchSize: number;
  readonly shardSize: number;
  readonly optimizer?: 'sgd' | 'adam';
}

export interface BenchRun {
  /** Of the page, with the token where there is one. */
  readonly url: string;
  readonly socketUrl: string;
  /** Resident memory of the process in bytes. */
  residentBytes(): number;
  metrics(): Promise<Metrics>;
  /** Tells it to stop, and resolves when it has. */
  end(): Promise<void>;
}

export interface Metrics {
  /** The value of a metric by its name, with labels if it has some. */
  value(name: string): number;
  /** When they were read. */
  readonly atMs: number;
}

/** A folder for the files of runs. */
export interface Bench {
  /** Starts a run that goes on until it is ended; resolves when it listens. `flags` are those of the command line. */
  run(task: RunTask, flags: readonly string[]): Promise<BenchRun>;
  /** Ends what still runs, and removes all files. */
  close(): Promise<void>;
}

export function openBench(): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'hivegrad-lending-'));
  const running = new Set<BenchRun>();
  return {
    async run(task, flags) {
      writeData(folder, task.samples);
      const config = join(folder, 'config.json');
      writeFileSync(config, JSON.stringify(configOf(task)));
      const run = await startRun(['train', config, '--out', join(folder, 'run'), '--force', ...flags]);
      running.add(run);
      return run;
    },
    async close() {
      await Promise.all([...running].map((run) => run.end()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Written again only where there are not as many samples. */
let written = 0;
function writeData(folder: string, samples: number): void {
  if (written === samples) return;
  const { features, targets } = syntheticImages(1, samples, WIDTH);
  const rows = new Uint8Array(features.rows);
  const labels = Uint8Array.from(new Uint32Array(targets.rows));
  for (const [part, count] of [
    ['train', samples],
    ['test', TEST_SAMPLES],
  ] as const) {
    writeFileSync(join(folder, `${part}-images`), idx([count, SIDE, SIDE], rows.subarray(0, count * WIDTH)));
    writeFileSync(join(folder, `${part}-labels`), idx([count], labels.subarray(0, count)));
  }
  written = samples;
}

function configOf({ hidden, batchSize, shardSize, optimizer = 'sgd' }: RunTask): object {
  const images = (part: string) => ({ images: `${part}-images`, labels: `${part}-labels` });
  return {
    name: 'bench',
    data: { kind: 'idx', train: images('train'), test: images('test') },
    model: {
      layers: [
        ...hidden.map((units) => ({ type: 'dense', units, activation: 'relu' })),
        { type: 'dense', units: 10 },
      ],
    },
    optimizer: { type: optimizer, learningRate: optimizer === 'sgd' ? 0.01 : 0.001 },
    batchSize,
    shardSize,
    // It is ended long before.
    epochs: 1_000_000,
    // Nothing is written meanwhile.
    checkpointSeconds: 3_600,
    metricsEvery: 1_000_000,
    seed: 1,
  };
}

async function startRun(args: readonly string[]): Promise<BenchRun> {
  // Flags of Node, such as --cpu-prof, hold for the run, too.
  const child = spawn(process.execPath, [...process.execArgv, entry, ...args, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  let isEnding = false;
  const closed = once(child, 'close').then(([code]) => {
    if (!isEnding) process.stderr.write(`The run ended with ${code}:\n${said}\n`);
  });
  const url = await new Promise<string>((resolve, reject) => {
    const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-SAID_LENGTH_MAX);
      const found = /^Open (\S+) to lend a browser/m.exec(said)?.[1];
      if (found !== undefined) {
        clearTimeout(patience);
        resolve(found);
      }
    });
    closed.then(() => reject(new Error('The run ended before it listened.')), reject);
  });
  const { host, hash } = new URL(url);
  const token = /^#token=(.+)$/.exec(hash)?.[1];
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return {
    url,
    socketUrl: `ws://${host}/socket`,
    residentBytes: () => residentBytes(child.pid!),
    metrics: async () => readMetrics(await (await fetch(`http://${host}/metrics`, { headers })).text()),
    async end() {
      isEnding = true;
      if (child.exitCode === null) child.kill('SIGINT');
      await closed;
    },
  };
}

/** The text format of Prometheus. */
function readMetrics(text: string): Metrics {
  const atMs = performance.now();
  const values = new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))] as const;
      }),
  );
  return {
    atMs,
    value(name) {
      const value = values.get(name);
      if (value === undefined) throw new Error(`There is no metric ${name}.`);
      return value;
    },
  };
}

/** As Linux tells it. */
function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
