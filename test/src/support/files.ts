/** Small runs on disk, for tests of the command line: data files, configurations, and what a run left. */

import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clouds } from './datasets.ts';

/** A folder for one test file with a data set in it and configurations over that. */
export interface Workplace {
  readonly directory: string;
  path(...names: readonly string[]): string;
  /** Writes a file and answers its path. */
  write(name: string, content: string | Uint8Array): string;
  /** Writes the small configuration with some settings replaced, and answers its path. */
  config(name: string, changes?: object): string;
  remove(): void;
}

const TRAIN_SAMPLES = 480;
const TEST_SAMPLES = 200;
const WIDTH = 16;
const CLASSES = 5;

/** 480 + 200 samples of 16 bytes in 5 classes; an epoch of the small configuration takes some milliseconds. */
export function createWorkplace(): Workplace {
  const directory = mkdtempSync(join(tmpdir(), 'hivegrad-e2e-'));
  const path = (...names: readonly string[]) => join(directory, ...names);
  const write = (name: string, content: string | Uint8Array) => {
    writeFileSync(path(name), content);
    return path(name);
  };
  writeIdxData(directory, 1);
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const config = (name: string, changes: object = {}) =>
    write(name, JSON.stringify({ ...smallConfig, ...changes }, null, 2));
  return { directory, path, write, config, remove };
}

export const smallConfig = {
  name: 'small',
  data: {
    kind: 'idx',
    train: { images: 'train-images', labels: 'train-labels' },
    test: { images: 'test-images', labels: 'test-labels' },
  },
  model: {
    layers: [
      { type: 'dense', units: 24, activation: 'relu' },
      { type: 'dense', units: CLASSES },
    ],
  },
  optimizer: { type: 'adam', learningRate: 0.002 },
  batchSize: 24,
  shardSize: 5,
  epochs: 3,
  seed: 7,
} as const;

/** The four files of the small configuration: overlapping clouds, others for another seed. */
export function writeIdxData(directory: string, seed: number): void {
  const samples = TRAIN_SAMPLES + TEST_SAMPLES;
  const { features, targets } = clouds(seed, { samples, width: WIDTH, classes: CLASSES, bytes: true });
  const rows = new Uint8Array(features.rows);
  const labels = Uint8Array.from(new Uint32Array(targets.rows));
  for (const [part, begin, end] of [
    ['train', 0, TRAIN_SAMPLES],
    ['test', TRAIN_SAMPLES, samples],
  ] as const) {
    const images = idx([end - begin, 4, WIDTH / 4], rows.subarray(begin * WIDTH, end * WIDTH));
    writeFileSync(join(directory, `${part}-images`), images);
    writeFileSync(join(directory, `${part}-labels`), idx([end - begin], labels.subarray(begin, end)));
  }
}

/** An IDX file of unsigned bytes. */
export function idx(dimensions: readonly number[], bytes: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * dimensions.length));
  header.setUint16(2, 0x0800 + dimensions.length);
  for (const [axis, size] of dimensions.entries()) header.setUint32(4 + 4 * axis, size);
  return Buffer.concat([new Uint8Array(header.buffer), bytes]);
}

/** A run of about a second in 1,600 steps, with a checkpoint whenever the last one is written. */
export const longRun = {
  model: {
    layers: [
      { type: 'dense', units: 256, activation: 'relu' },
      { type: 'dense', units: 64, activation: 'tanh' },
      { type: 'dense', units: CLASSES },
    ],
  },
  epochs: 80,
  metricsEvery: 7,
  checkpointSeconds: 0.02,
} as const;

/** What identifies a run but for times: the configuration, the metrics without seconds, the last checkpoint. */
export function contentOf(run: string) {
  const metrics = readFileSync(join(run, 'metrics.jsonl'), 'utf8').replaceAll(/"seconds":[\d.e-]+,?/g, '');
  const last = checkpointsOf(run).at(-1) ?? '';
  return {
    config: readFileSync(join(run, 'config.json'), 'utf8'),
    metrics: metrics.split('\n'),
    last,
    checkpoint: sha256(readFileSync(join(run, 'checkpoints', last))),
  };
}

/** Names of a run's checkpoint files, by step. */
export function checkpointsOf(run: string): string[] {
  const stepOf = (name: string) => Number(/\d+/.exec(name)?.[0]);
  return readdirSync(join(run, 'checkpoints'))
    .filter((name) => name.endsWith('.safetensors'))
    .sort((a, b) => stepOf(a) - stepOf(b));
}

/** Every file below a directory with the digest of its bytes, and every directory. */
export function snapshot(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const pairs = entries.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(directory.length), entry.isFile() ? sha256(readFileSync(path)) : 'directory'] as const;
  });
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
