/**
 * A run whose every word a test decides: the real server on a free port, a small training set, and for each worker that
 * comes a hand to send weights, give nodes out and take what comes back. What a node has to give is computed by
 * `gradient()`, so results are compared bit by bit. Everything waits for events; it is closed with its test.
 */

import { createHash, randomBytes } from 'node:crypto';
import { epochOrder } from '@hivegrad/shared/data/sampler';
import { KNOWN_ANSWER } from '@hivegrad/shared/kernels/known-answer';
import { parameterCount } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import type { ComputeRun, ComputeTask } from '@hivegrad/shared/peer/ports';
import { layoutRows, placeOfNode, putInMask } from '@hivegrad/shared/protocol/bodies';
import { bitsOfFloat } from '@hivegrad/shared/protocol/codec';
import type {
  Assign,
  ClientMessage,
  Hello,
  NodeAddress,
  Result,
  RunShape,
  Welcome,
} from '@hivegrad/shared/protocol/messages';
import { readKernels } from '@hivegrad/worker/kernels-file';
import { gradient } from 'hivegrad';
import type { Connection, HiveServer, Refusal, ServerOptions } from 'hivegrad/server/ports';
import { startServer } from 'hivegrad/server/server';
import { onTestFinished } from 'vitest';

const CLASSES = 5;

/** With dropout, since what it drops depends on the place in the mini-batch. */
const model: ModelSpec = {
  inputSize: 12,
  layers: [
    { type: 'dense', units: 16, activation: 'gelu', bias: 'unit', initializer: 'glorotUniform' },
    { type: 'dropout', rate: 0.3 },
    { type: 'dense', units: CLASSES, activation: 'identity', bias: 'unit', initializer: 'glorotUniform' },
  ],
  loss: 'softmaxCrossEntropy',
};

/** Steps of 13 shards, the last one smaller: nodes on all levels have siblings and lack them. */
const shape: RunShape = {
  samples: 1000,
  batchSize: 250,
  shardSize: 20,
  epochs: 4,
  parameters: parameterCount(model),
  features: { kind: 'u8', width: model.inputSize, scale: 'unit' },
  targets: { kind: 'classes', classes: CLASSES },
  weighted: true,
};

const seed = 2 ** 40 + 7;

/** What a thread is told of every scripted run. */
export const scriptedComputeRun: ComputeRun = { ...shape, model, seed };

/** The training set. */
const data = {
  features: Uint8Array.from({ length: shape.samples * model.inputSize }, (_, i) =>
    i % 5 === 0 ? 0 : (i * 37) % 256,
  ),
  targets: Uint32Array.from({ length: shape.samples }, (_, i) => (i * 7) % CLASSES),
  weights: Float32Array.from({ length: shape.samples }, (_, i) => (i % 9) / 4),
};

/** Weights that a version has in every scripted run. */
export function weightsOf(version: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: shape.parameters }, (_, i) => Math.sin(i * 0.7 + version));
}

/** All nodes of the first step, from its 13 shards up to its root. */
export const firstStep: readonly NodeAddress[] = [13, 7, 4, 2, 1].flatMap((width, level) =>
  Array.from({ length: width }, (_, index) => ({ step: 0, level, index })),
);

/** Things that happen, in order; a test takes them one by one and waits where none is there yet. */
class Inbox<T> {
  readonly #items: T[] = [];
  readonly #takers: ((item: T) => void)[] = [];

  put(item: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
  }

  take(): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift() as T);
    return new Promise((resolve) => this.#takers.push(resolve));
  }
}

/** One connection of a worker that was welcomed. */
export interface ScriptedWorker {
  readonly hello: Hello;
  readonly connection: Connection;
  /** What it was told to show when it comes back. */
  readonly identity: string;
  sendWeights(version: number): void;
  /** Gives a node out, by default with all of its rows. */
  assign(node: NodeAddress, how?: { readonly version?: number; readonly withRows?: boolean }): void;
  /** The next message. */
  take(): Promise<ClientMessage>;
  /** The close code. */
  readonly closed: Promise<number>;
}

export interface ScriptedRun {
  readonly server: HiveServer;
  readonly welcome: Welcome;
  /** As the run would print it, with its token. */
  readonly url: string;
  /** The next worker that says hello. */
  greeted(): Promise<ScriptedWorker>;
  close(): Promise<void>;
}

export type ScriptedRunOptions = Partial<
  Pick<
    ServerOptions,
    'host' | 'port' | 'token' | 'tls' | 'maxWorkers' | 'expected' | 'limits' | 'page' | 'status'
  >
> & {
  readonly welcome?: Partial<Welcome>;
  /** What every worker is told instead of a welcome. */
  readonly refusal?: Refusal;
};

export async function startScriptedRun(options: ScriptedRunOptions = {}): Promise<ScriptedRun> {
  const { welcome: differences, refusal, ...server } = options;
  const welcome: Welcome = {
    type: 'welcome',
    ...shape,
    run: 'scripted',
    description: 'a <b>test</b>',
    model,
    seed,
    dataset: createHash('sha256').update(data.features).digest('hex'),
    worker: 1,
    identity: '00'.repeat(32),
    statusMs: 60_000,
    ...differences,
  };
  const kernels = createHash('sha256')
    .update(await readKernels())
    .digest('hex');
  const greeted = new Inbox<ScriptedWorker>();
  const hands = new Map<number, { inbox: Inbox<ClientMessage>; close: (code: number) => void }>();
  const known = new Set<string>();

  const greet = (connection: Connection, hello: Hello): 'accept' | Refusal => {
    if (refusal !== undefined) return refusal;
    const isKnown = hello.identity !== undefined && known.has(hello.identity);
    const identity = isKnown ? hello.identity! : randomBytes(32).toString('hex');
    known.add(identity);
    connection.send({ ...welcome, identity });
    const inbox = new Inbox<ClientMessage>();
    const closed = new Promise<number>((close) => hands.set(connection.id, { inbox, close }));
    greeted.put(workerOf({ connection, hello, identity, inbox, closed }));
    return 'accept';
  };
  const started = await startServer({
    host: '127.0.0.1',
    port: 0,
    origins: [],
    maxWorkers: 8,
    trustProxy: false,
    shape,
    expected: { kernels, answer: KNOWN_ANSWER },
    status: () => ({}),
    metrics: () => Promise.resolve(''),
    ...server,
    handlers: {
      onHello: greet,
      onMessage: ({ id }, message) => hands.get(id)!.inbox.put(message),
      onClose: ({ id }, code) => hands.get(id)!.close(code),
    },
  });
  const close = () => started.close({ withinMs: 100 });
  onTestFinished(close);
  return { server: started, welcome, url: started.urls[0]!, greeted: () => greeted.take(), close };
}

interface Hand {
  readonly connection: Connection;
  readonly hello: Hello;
  readonly identity: string;
  readonly inbox: Inbox<ClientMessage>;
  readonly closed: Promise<number>;
}

function workerOf({ connection, hello, identity, inbox, closed }: Hand): ScriptedWorker {
  return {
    hello,
    connection,
    identity,
    closed,
    take: () => inbox.take(),
    sendWeights(version) {
      connection.send({ type: 'weights', version, body: new Uint8Array(weightsOf(version).buffer) });
    },
    assign(node, { version = node.step, withRows = true } = {}) {
      connection.send(assignment(node, version, withRows));
    },
  };
}

/** The samples of a node in their order. */
function samplesOf(node: NodeAddress): Uint32Array {
  const { epoch, batchBegin, begin, end } = placeOfNode(shape, node);
  return epochOrder(seed, epoch, shape.samples).slice(batchBegin + begin, batchBegin + end);
}

function rowsOf(samples: Uint32Array) {
  const width = model.inputSize;
  const features = new Uint8Array(samples.length * width);
  for (const [i, sample] of samples.entries()) {
    features.set(data.features.subarray(sample * width, (sample + 1) * width), i * width);
  }
  return {
    features,
    targets: samples.map((sample) => data.targets[sample]!),
    weights: Float32Array.from(samples, (sample) => data.weights[sample]!),
  };
}

function assignment(node: NodeAddress, version: number, withRows: boolean): Assign {
  const samples = samplesOf(node);
  const rows = withRows ? samples.length : 0;
  const at = layoutRows(shape, samples.length, rows);
  const body = new Uint8Array(at.bytes);
  if (withRows) {
    for (let i = 0; i < samples.length; i++) putInMask(body, i);
    const { features, targets, weights } = rowsOf(samples);
    body.set(features, at.features);
    body.set(new Uint8Array(targets.buffer), at.targets);
    body.set(new Uint8Array(weights.buffer), at.weights);
  }
  return { type: 'assign', ...node, version, leaseMs: 60_000, rows, body };
}

/** A node as the port `Compute` is given it, with rows of its own. */
export function taskOf(node: NodeAddress, version = node.step): ComputeTask {
  const { begin, end } = placeOfNode(shape, node);
  const { features, targets, weights } = rowsOf(samplesOf(node));
  const rows = {
    features,
    targets: new Uint8Array(targets.buffer),
    weights: new Uint8Array(weights.buffer),
  };
  return { node, version, begin, end, rows };
}

/** What a worker has to send for a node, but for the time that it took. */
export async function expectedResult(
  node: NodeAddress,
  version = node.step,
): Promise<Omit<Result, 'computeUs'>> {
  const { features, targets, weights } = rowsOf(samplesOf(node));
  const { begin } = placeOfNode(shape, node);
  const { shardSize } = shape;
  const rows = Float32Array.from(features, (x) => Math.fround(x / 255));
  const options = { shardSize, seed, step: node.step, begin, weights };
  const sums = await gradient(model, weightsOf(version), rows, targets, options);
  return {
    type: 'result',
    ...node,
    lossBits: bitsOfFloat(sums.lossSum),
    correct: sums.correct,
    body: new Uint8Array(sums.gradient.buffer),
  };
}
