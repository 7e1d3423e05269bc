/** A world for one worker, all of it in the hands of a test, and messages of a small run. */

import { openFrame } from '../protocol/codec.ts';
import type { ClientMessage, NodeAddress, ServerMessage, Welcome } from '../protocol/messages.ts';
import { exampleShape } from '../protocol/protocol.test.support.ts';
import { createClock, createEngine, createLine, gradientOf, type Line } from './fakes.test.support.ts';
import type { Peer, PeerSettings } from './peer.ts';
import { createPeer } from './peer.ts';
import { createRowCache } from './row-cache.ts';

export const identityOf = (number: number): string => number.toString(16).padStart(64, '0');

export const exampleWelcome: Welcome = {
  type: 'welcome',
  ...exampleShape,
  run: 'example',
  description: '',
  model: {
    inputSize: 3,
    layers: [{ type: 'dense', units: 2, activation: 'identity', bias: 'unit', initializer: 'glorotUniform' }],
    loss: 'softmaxCrossEntropy',
  },
  seed: 7,
  dataset: 'd'.repeat(64),
  worker: 1,
  identity: identityOf(1),
  statusMs: 1000,
};

export interface World {
  readonly peer: Peer;
  readonly clock: ReturnType<typeof createClock>;
  readonly engine: ReturnType<typeof createEngine>['engine'];
  readonly lines: Line[];
  readonly secrets: { identity: string | undefined };
  /** The line that was opened last. */
  line(): Line;
  /** Lets everything that was promised happen. */
  settle(): Promise<void>;
  /** Connects and welcomes, up to the first message that is not hello; answers the line. */
  join(welcome?: Welcome): Promise<Line>;
}

export function createWorld(
  options: Partial<PeerSettings> & {
    lanes?: number;
    rowBytesMax?: number;
    chance?: number;
    secrets?: World['secrets'];
  } = {},
): World {
  const {
    lanes = 1,
    rowBytesMax = 1 << 20,
    chance = 0,
    secrets = { identity: undefined },
    ...settings
  } = options;
  const clock = createClock();
  const { engine, compute } = createEngine(lanes);
  const lines: Line[] = [];
  const peer = createPeer(
    {
      clock,
      compute,
      chance: { uniform: () => chance },
      cache: createRowCache({ id: 'c'.repeat(32), bytesMax: rowBytesMax }),
      secrets: {
        identity: () => secrets.identity,
        keepIdentity: (identity) => {
          secrets.identity = identity;
        },
      },
      socket: {
        open(_url, _subprotocols, events) {
          const line = createLine(events);
          // A run that goes on begins with the weights that it told last.
          line.version = Math.max(-1, (lines.at(-1)?.version ?? -1) - 1);
          lines.push(line);
          return { send: line.send, close: line.close, bufferedBytes: () => line.bufferedBytes };
        },
      },
    },
    { url: 'ws://run/socket', agent: 'node', threads: 2, ...settings },
  );
  const world: World = {
    peer,
    clock,
    engine,
    lines,
    secrets,
    line: () => lines.at(-1)!,
    async settle() {
      for (let i = 0; i < 12; i++) await Promise.resolve();
    },
    async join(welcome = exampleWelcome) {
      if (lines.length === 0) peer.start();
      await world.settle();
      const line = world.line();
      line.open();
      line.tell(welcome);
      await world.settle();
      return line;
    },
  };
  return world;
}

/** Weights of a version. */
export function weightsOf(version: number): ServerMessage {
  return { type: 'weights', version, body: new Uint8Array(exampleShape.parameters * 4) };
}

/** A node with all rows of its samples, which are of 3 bytes and a class. */
export function assignOf(node: NodeAddress, samples: number, version = node.step): ServerMessage {
  const features = 8;
  const targets = features + Math.ceil((samples * 3) / 8) * 8;
  const { body } = openFrame({}, targets + Math.ceil((samples * 4) / 8) * 8);
  body[0] = (1 << samples) - 1;
  return { type: 'assign', ...node, version, leaseMs: 1000, rows: samples, body };
}

/** A node without rows. */
export function bareAssignOf(node: NodeAddress, version = node.step): ServerMessage {
  return { type: 'assign', ...node, version, leaseMs: 1000, rows: 0, body: new Uint8Array(0) };
}

export const left = (step: number): NodeAddress => ({ step, level: 0, index: 0 });
export const right = (step: number): NodeAddress => ({ step, level: 0, index: 1 });
export const resultOf = (node: NodeAddress, version = node.step, computeUs = 1000): ClientMessage => ({
  type: 'result',
  ...node,
  lossBits: 0x3f800000,
  correct: 1,
  computeUs,
  body: gradientOf(node, version, exampleShape.parameters),
});
export const computing = ({ engine }: World) => engine.held.map(({ task }) => task.node);

/** A worker that is welcomed and has the weights of step 0; what it sent so far is taken. */
export async function joined(options: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(options);
  const line = await world.join();
  line.tell(weightsOf(0));
  line.take();
  return { ...world, world, line };
}
