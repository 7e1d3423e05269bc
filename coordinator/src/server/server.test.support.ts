/** A server on a free port, a clock that tests move, honest clients and raw sockets. Everything waits for events. */

import { connect, type Socket } from 'node:net';
import { encodeMessage } from '@hivegrad/shared/protocol/codec';
import type {
  ClientMessage,
  Hello,
  RunShape,
  ServerMessage,
  Welcome,
} from '@hivegrad/shared/protocol/messages';
import { parseServerMessage } from '@hivegrad/shared/protocol/parse-server';
import { offeredSubprotocols } from '@hivegrad/shared/protocol/upgrade';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Clock, Connection, Handlers, HiveServer, ServerOptions } from './ports.ts';
import { startServer } from './server.ts';

/** A network of 3 inputs and 2 outputs: 8 parameters; 10 samples in steps of 4, in shards of 2. */
export const shape: RunShape = {
  samples: 10,
  batchSize: 4,
  shardSize: 2,
  epochs: 5,
  parameters: 8,
  features: { kind: 'u8', width: 3, scale: 'unit' },
  targets: { kind: 'classes', classes: 2 },
  weighted: false,
};

const kernels = 'ab'.repeat(32);
const answer = 'cd'.repeat(32);

export const hello: Hello = {
  type: 'hello',
  protocol: 1,
  kernels,
  answer,
  agent: 'node',
  threads: 2,
  cacheId: '01'.repeat(16),
  rowBytesMax: 0,
};

export const welcome: Welcome = {
  type: 'welcome',
  ...shape,
  run: 'example',
  description: '',
  model: {
    inputSize: 3,
    layers: [{ type: 'dense', units: 2, activation: 'identity', bias: 'unit', initializer: 'glorotUniform' }],
    loss: 'softmaxCrossEntropy',
  },
  seed: 1,
  dataset: 'ef'.repeat(32),
  worker: 1,
  identity: '12'.repeat(32),
  statusMs: 1000,
};

/** Time stands until a test moves it; then everything that is due is called, in order. */
export class ManualClock implements Clock {
  #now = 0;
  #timers: { at: number; call: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { at: this.#now + delayMs, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.call();
    }
    this.#now = until;
  }
}

/** Things that happen, in order; a test takes them one by one and waits where none is there yet. */
export class Inbox<T> {
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

  get size(): number {
    return this.#items.length;
  }
}

export interface Rig {
  readonly server: HiveServer;
  readonly clock: ManualClock;
  readonly messages: Inbox<{ connection: Connection; message: ClientMessage }>;
  readonly closed: Inbox<{ id: number; code: number }>;
}

export type RigOptions = Partial<Omit<ServerOptions, 'handlers'>> & { readonly handlers?: Partial<Handlers> };

/** Welcomes everybody and keeps what they send. Closed with the test. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const clock = new ManualClock();
  const messages: Rig['messages'] = new Inbox();
  const closed: Rig['closed'] = new Inbox();
  const { handlers, ...rest } = options;
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    origins: [],
    maxWorkers: 4,
    trustProxy: false,
    shape,
    expected: { kernels, answer },
    status: () => ({ step: 7 }),
    metrics: async () => 'hivegrad_step 7\n',
    clock,
    ...rest,
    handlers: {
      onHello: (connection) => {
        connection.send(welcome);
        return 'accept';
      },
      onMessage: (connection, message) => messages.put({ connection, message }),
      onClose: ({ id }, code) => closed.put({ id, code }),
      ...handlers,
    },
  });
  onTestFinished(async () => {
    const ended = server.close();
    clock.advance(10_000);
    await ended;
  });
  return { server, clock, messages, closed };
}

/** A worker as it should be. */
export class Client {
  readonly socket: WebSocket;
  readonly inbox = new Inbox<ServerMessage>();
  readonly #opened: Promise<unknown>;
  readonly #closed: Promise<number>;

  constructor(
    port: number,
    { token, origin, forwarded }: { token?: string; origin?: string; forwarded?: string } = {},
  ) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, offeredSubprotocols(token), {
      perMessageDeflate: false,
      ...(origin === undefined ? {} : { origin }),
      ...(forwarded === undefined ? {} : { headers: { 'X-Forwarded-For': forwarded } }),
    });
    this.#opened = new Promise((resolve) => this.socket.on('open', resolve));
    this.#closed = new Promise((resolve) => this.socket.on('close', resolve));
    this.socket.on('error', () => {});
    this.socket.on('message', (data) =>
      this.inbox.put(parseServerMessage(new Uint8Array(data as Buffer), shape)),
    );
  }

  get closeCode(): Promise<number> {
    return this.#closed;
  }

  send(message: ClientMessage): void {
    this.socket.send(encodeMessage(message));
  }

  /** The status of a refused upgrade, or 101. */
  async status(): Promise<number> {
    return new Promise((resolve) => {
      this.socket.on('unexpected-response', (request, { statusCode }) => {
        request.destroy();
        resolve(statusCode ?? 0);
      });
      this.socket.on('open', () => resolve(101));
    });
  }

  /** Says hello; answers with what comes first. */
  async greet(more: Partial<Hello> = {}): Promise<ServerMessage> {
    await this.#opened;
    this.send({ ...hello, ...more });
    return this.inbox.take();
  }
}

/** Whether a worker as it should be is served: a node goes out and its result comes in. */
export async function isServed(rig: Rig, client: Client): Promise<boolean> {
  const body = new Uint8Array(32).fill(63);
  client.send({ type: 'result', step: 0, level: 1, index: 0, lossBits: 0, correct: 1, computeUs: 1, body });
  const { connection, message } = await rig.messages.take();
  connection.send({ type: 'cancel', step: 0, level: 1, index: 0 });
  const reply = await client.inbox.take();
  return message.type === 'result' && message.body.every((byte) => byte === 63) && reply.type === 'cancel';
}

/** A socket that sends whatever bytes it likes, and all that it got until its end. */
export class Raw {
  readonly socket: Socket;
  readonly received: Promise<Buffer>;
  #chunks: Buffer[] = [];
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port });
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#wake();
    });
    this.received = new Promise((resolve) => {
      this.socket.on('close', () => resolve(Buffer.concat(this.#chunks)));
    });
  }

  /** Upgrades, and says hello where it should be past that. */
  async upgrade(isGreeted: boolean): Promise<void> {
    this.socket.write(
      'GET /socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n` +
        'Sec-WebSocket-Protocol: hivegrad\r\n\r\n',
    );
    await this.#until('\r\n\r\n');
    if (!isGreeted) return;
    this.socket.write(maskedFrame(0x82, encodeMessage(hello)));
    await this.#until('welcome');
  }

  async #until(text: string): Promise<void> {
    while (!Buffer.concat(this.#chunks).includes(text)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#chunks = [];
  }
}

/** A frame of a client with a mask of zeros, which changes nothing. `first` has opcode and flags. */
export function maskedFrame(first: number, payload: Uint8Array, claimed = payload.length): Buffer {
  const length = Buffer.alloc(9);
  length[0] = 0x80 | 127;
  length.writeBigUInt64BE(BigInt(claimed), 1);
  return Buffer.concat([Buffer.from([first]), length, Buffer.alloc(4), payload]);
}

/** The close code at the end of what a raw socket got. */
export function closeCodeIn(received: Buffer): number {
  const at = received.lastIndexOf(0x88);
  return at < 0 ? 0 : received.readUInt16BE(at + 2);
}
