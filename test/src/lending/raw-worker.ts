/**
 * A worker that says exactly what a test has it say, over the socket of the real one: for answers that no honest
 * worker gives, or gives only where messages cross.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { KNOWN_ANSWER } from '@hivegrad/shared/kernels/known-answer';
import { encodeMessage } from '@hivegrad/shared/protocol/codec';
import type {
  Assign,
  ClientMessage,
  Hello,
  Result,
  ServerMessage,
  Welcome,
} from '@hivegrad/shared/protocol/messages';
import { parseServerMessage } from '@hivegrad/shared/protocol/parse-server';
import { offeredSubprotocols } from '@hivegrad/shared/protocol/upgrade';
import { createNodeSocket } from '@hivegrad/worker/join/socket';
import { onTestFinished } from 'vitest';

const kernels = createHash('sha256')
  .update(readFileSync(createRequire(import.meta.url).resolve('@hivegrad/shared/kernels.wasm')))
  .digest('hex');

const hello: Hello = {
  type: 'hello',
  protocol: 1,
  kernels,
  answer: KNOWN_ANSWER,
  agent: 'node',
  threads: 1,
  cacheId: '01'.repeat(16),
  rowBytesMax: 1e6,
};

export interface RawWorker {
  readonly welcome: Welcome;
  say(message: ClientMessage): void;
  /** The next message of this type; others before it are passed over. Rejects where the connection ends first. */
  hears<T extends ServerMessage['type']>(type: T): Promise<Extract<ServerMessage, { type: T }>>;
  /** The close code. */
  readonly closed: Promise<number>;
}

/** Connects and is welcomed. */
export async function rawWorker(url: string, changes: Partial<Hello> = {}): Promise<RawWorker> {
  const { host } = new URL(url);
  const heard: ServerMessage[] = [];
  let welcome: Welcome | undefined;
  let [look, end] = [() => {}, (_code: number) => {}];
  let isOver = false;
  const closed = new Promise<number>((resolve) => {
    end = resolve;
  });
  const socket = createNodeSocket({ shown: host, frameBytesMax: () => undefined, onTrouble: () => {} });
  const connection = socket.open(`ws://${host}/socket`, offeredSubprotocols(undefined), {
    opened: () => connection.send(encodeMessage({ ...hello, ...changes })),
    message(frame) {
      const message = parseServerMessage(frame, welcome);
      if (message.type === 'welcome') welcome = message;
      heard.push(message);
      look();
    },
    text: () => {},
    closed(code) {
      isOver = true;
      look();
      end(code);
    },
  });
  onTestFinished(async () => {
    connection.close(1000);
    await socket.ended();
  });
  const hears: RawWorker['hears'] = (type) =>
    new Promise((resolve, reject) => {
      look = () => {
        for (let next = heard.shift(); next !== undefined; next = heard.shift()) {
          if (next.type !== type) continue;
          look = () => {};
          return resolve(next as Extract<ServerMessage, { type: typeof type }>);
        }
        if (isOver) reject(new Error(`the connection ended before a "${type}" came`));
      };
      look();
    });
  return {
    welcome: await hears('welcome'),
    say: (message) => connection.send(encodeMessage(message)),
    hears,
    closed,
  };
}

/** A result for a node, of zeros; `values` overwrite the first of them. */
export function zeros(
  welcome: Welcome,
  node: Pick<Assign, 'step' | 'level' | 'index'>,
  ...values: number[]
): Result {
  const gradient = new Float32Array(welcome.parameters);
  gradient.set(values);
  const { step, level, index } = node;
  const body = new Uint8Array(gradient.buffer);
  return { type: 'result', step, level, index, lossBits: 0, correct: 0, computeUs: 1, body };
}
