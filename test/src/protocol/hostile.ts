/** Frames that nobody honest sends: golden ones with a change, and headers made byte by byte. */

import { encodeFrame, type Header } from '@hivegrad/shared/protocol/codec';
import { type GoldenFrame, goldenFrames } from './frames.ts';

const all = new Map(goldenFrames().map((golden) => [golden.name, golden]));

export function golden(name: string): GoldenFrame {
  const found = all.get(name);
  if (found === undefined) throw new Error(`There is no golden frame "${name}".`);
  return found;
}

export function partsOf({ message }: GoldenFrame): { header: Header; body: Uint8Array | undefined } {
  const { body, ...header } = message as GoldenFrame['message'] & { body?: Uint8Array };
  return { header, body };
}

/** A golden frame with other values in its header, `undefined` to leave a key out, and perhaps another body. */
export function changed(name: string, changes: Header, otherBody?: Uint8Array): Uint8Array {
  const { header, body } = partsOf(golden(name));
  const entries = Object.entries({ ...header, ...changes }).filter(([, value]) => value !== undefined);
  return encodeFrame(Object.fromEntries(entries), otherBody ?? body);
}

/** A frame around bytes that need not be a header, written as hex or given as they are. */
export function framed(header: string | Uint8Array, padding = 0): Uint8Array {
  const bytes = typeof header === 'string' ? Buffer.from(header, 'hex') : header;
  const frame = new Uint8Array(Math.ceil((4 + bytes.length) / 8) * 8).fill(padding);
  new DataView(frame.buffer).setUint32(0, bytes.length, true);
  frame.set(bytes, 4);
  return frame;
}

export const hexOf = (text: string) => Buffer.from(text, 'utf8').toString('hex');
