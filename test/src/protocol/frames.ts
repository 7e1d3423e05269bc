/** The golden frames: what each message looks like on the wire, for ever, and what it means. */

import { readdirSync, readFileSync } from 'node:fs';
import type { Message, RunShape, Welcome } from '@hivegrad/shared/protocol/messages';
import { parseClientMessage } from '@hivegrad/shared/protocol/parse-client';
import { parseServerMessage } from '@hivegrad/shared/protocol/parse-server';

export interface GoldenFrame {
  readonly name: string;
  /** Who sends it. */
  readonly direction: 'worker' | 'run';
  /** The welcome under which it was sent. */
  readonly shape: RunShape;
  readonly message: Message;
  readonly frame: Uint8Array;
}

interface Described {
  readonly direction: GoldenFrame['direction'];
  readonly shape: 'bytes' | 'floats';
  readonly message: Message & { readonly body?: string };
}

const folder = new URL('../../golden/frames/', import.meta.url);

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll('\n', ''), 'hex'));
}

function describedIn(name: string): Described {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Described;
}

export function goldenFrames(): readonly GoldenFrame[] {
  const names = readdirSync(folder).filter((file) => file.endsWith('.hex'));
  return names.map((file) => {
    const name = file.slice(0, -'.hex'.length);
    const { direction, shape, message } = describedIn(name);
    const withBytes =
      message.body === undefined ? message : ({ ...message, body: bytesOf(message.body) } as Message);
    return {
      name,
      direction,
      shape: goldenShape(shape),
      message: withBytes,
      frame: bytesOf(readFileSync(new URL(file, folder), 'utf8')),
    };
  });
}

/** The run of whole bytes and classes, or that of float32 with weights and values. */
export function goldenShape(kind: 'bytes' | 'floats'): Welcome {
  return describedIn(`welcome-${kind}`).message as Welcome;
}

/** Parses a frame in a direction. A welcome is the first of its connection, so it is parsed without a shape. */
export function parseFrame(direction: GoldenFrame['direction'], frame: Uint8Array, shape: RunShape): Message {
  return direction === 'worker' ? parseClientMessage(frame, shape) : parseServerMessage(frame, shape);
}
