/**
 * The child's side of a contest: one process, one contestant, one task. It says what it is and what its loss is before
 * it has learned anything, then works for as long as the driver (contest.ts) tells it, in lines of JSON. Between two
 * lines it is idle, so that the others are measured alone.
 *
 *   child   { "ready": "tfjs 4.22.0, wasm", "loss": 2.41 }
 *   driver  { "do": "warm up", "ms": 500 } | { "do": "window", "ms": 700 } | { "do": "loss" }
 *   child   { "steps": 812, "seconds": 0.698 } | { "loss": 0.31 }
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { type Meter, type Work, warmUp } from 'hivegrad/bench/measure';

/** What to do, as the driver writes it in a file: a training, or a product of two matrices. */
export type Task = TrainingTask | { readonly kind: 'product'; readonly size: number };

export interface TrainingTask {
  readonly kind: 'training';
  readonly name: string;
  /** Widths from the inputs to the outputs; dense layers with one bias a unit, no activation after the last. */
  readonly widths: readonly number[];
  readonly activation: 'relu' | 'tanh';
  readonly loss: 'softmaxCrossEntropy' | 'squaredError' | 'binaryCrossEntropy';
  readonly optimizer: { readonly type: 'sgd' | 'adam'; readonly learningRate: number };
  readonly batchSize: number;
  readonly samples: number;
  /** The loss is the mean over so many samples, the first ones. */
  readonly probeSamples: number;
  /** Files of raw little-endian values, row-major. Bytes stand for x / 255. */
  readonly features: { readonly file: string; readonly type: 'u8' | 'f32' };
  readonly targets: { readonly file: string; readonly type: 'u32' | 'f32' };
  /** float32: for each layer its weight [outputs][inputs] and its bias [outputs]. */
  readonly weights: { readonly file: string };
}

export interface Contestant {
  /** Name, version and setting. */
  readonly description: string;
  /** Takes so many steps of training, or computes so many products. */
  readonly work: Work;
  /** Mean loss over the probe; of trainings only. */
  readonly loss?: () => Promise<number> | number;
}

export function readTask(file: string): Task {
  return JSON.parse(readFileSync(file, 'utf8')) as Task;
}

/** Features as float32 in [0, 1], targets and first weights of a training. */
export function readTensors(task: TrainingTask): {
  features: Float32Array;
  targets: Uint32Array | Float32Array;
  weights: Float32Array;
} {
  const { features, targets, weights } = task;
  const bytes = readFileSync(features.file);
  return {
    features: features.type === 'u8' ? scaled(bytes) : floats(bytes),
    targets: targets.type === 'u32' ? words(readFileSync(targets.file)) : floats(readFileSync(targets.file)),
    weights: floats(readFileSync(weights.file)),
  };
}

/** Layer after layer as views of the flat vector, with their sizes. */
export function layersOf(task: TrainingTask, flat: Float32Array) {
  let offset = 0;
  const take = (size: number) => {
    offset += size;
    return flat.subarray(offset - size, offset);
  };
  return task.widths.slice(1).map((outputs, i) => {
    const inputs = task.widths[i]!;
    return { inputs, outputs, weight: take(inputs * outputs), bias: take(outputs) };
  });
}

/** The samples [0, count) in a new random order each time it is called. */
export function shuffler(count: number): () => Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return () => {
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      const held = order[i]!;
      order[i] = order[j]!;
      order[j] = held;
    }
    return order;
  };
}

/** Mini-batches of an endless training: an epoch's order is drawn when the one before it is used up. */
export function batches({ samples, batchSize }: TrainingTask): () => Uint32Array {
  const shuffle = shuffler(samples);
  let order = shuffle();
  let at = 0;
  return () => {
    if (at + batchSize > samples) {
      order = shuffle();
      at = 0;
    }
    at += batchSize;
    return order.subarray(at - batchSize, at);
  };
}

/** Runs the contestant that `open` makes for the task in the file that the process was started with. */
export async function serve(open: (task: Task) => Promise<Contestant> | Contestant): Promise<void> {
  const file = process.argv[2];
  if (file === undefined) throw new Error('The first argument must be the file of a task.');
  const contestant = await open(readTask(file));
  const lossNow = async () => (contestant.loss === undefined ? {} : { loss: await contestant.loss() });
  const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
  let meter: Meter | undefined;
  say({ ready: contestant.description, ...(await lossNow()) });
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as { do: 'warm up' | 'window' | 'loss'; ms: number };
    if (command.do === 'loss') {
      say(await lossNow());
    } else if (command.do === 'warm up' || meter === undefined) {
      meter = await warmUp(contestant.work, command.ms);
      say({});
    } else {
      say(await meter.window(command.ms));
    }
  }
  process.exit(0);
}

/** A loop, since `Float32Array.from` with a function takes a minute for MNIST. */
function scaled(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) values[i] = bytes[i]! / 255;
  return values;
}

function floats(bytes: Buffer): Float32Array {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function words(bytes: Buffer): Uint32Array {
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
