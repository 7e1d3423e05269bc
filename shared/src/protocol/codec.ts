/**
 * Frames: [u32 header length][MessagePack map][zeros to a multiple of 8][body]. The only file that knows
 * MessagePack. A header has exactly one encoding: what was decoded is encoded again and has to give the same bytes,
 * which leaves no room for a key given twice, a number written long, broken UTF-8 or a prototype.
 *
 * The package is imported by the door behind which no native code lies; it is the same code in Node and browsers.
 */

import { Packr } from 'msgpackr/pack';
import { ProtocolError } from './errors.ts';
import { align, type HeaderLimits, LENGTH_BYTES } from './limits.ts';
import type { Message } from './messages.ts';
import { scanHeader } from './scan.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });

export type Header = Readonly<Record<string, unknown>>;

export interface FrameLimits extends HeaderLimits {
  readonly frameBytesMax: number;
}

export interface Frame {
  readonly frame: Uint8Array<ArrayBuffer>;
  /** The part of `frame` behind the header, to be filled before the frame is sent. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * A frame with a body of zeros that the caller fills, which spares a copy. The frame has a buffer of its own and may
 * be sent to many.
 */
export function openFrame(header: Header, bodyBytes: number): Frame {
  const packed = packr.pack(header);
  const bodyAt = align(LENGTH_BYTES + packed.length);
  const buffer = new ArrayBuffer(bodyAt + bodyBytes);
  new DataView(buffer).setUint32(0, packed.length, true);
  const frame = new Uint8Array(buffer);
  frame.set(packed, LENGTH_BYTES);
  return { frame, body: new Uint8Array(buffer, bodyAt) };
}

/** `body` is copied; it may lie in shared memory, which sockets do not take. */
export function encodeFrame(header: Header, body?: Uint8Array): Uint8Array<ArrayBuffer> {
  const opened = openFrame(header, body?.length ?? 0);
  if (body !== undefined) opened.body.set(body);
  return opened.frame;
}

/** The frame of a message. No key may be undefined. */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  if (!('body' in message)) return encodeFrame({ ...message });
  const { body, ...header } = message;
  return encodeFrame(header, body);
}

/**
 * Takes a frame of anybody apart. The header is a plain map of plain values in the one encoding that it has; what
 * they mean is for the parsers. `body` is a view of `frame`, at whatever address that lies.
 */
export function decodeFrame(frame: Uint8Array, limits: FrameLimits): { header: Header; body: Uint8Array } {
  if (frame.length > limits.frameBytesMax) throw new ProtocolError('FRAME_TOO_LARGE');
  if (frame.length < LENGTH_BYTES) throw new ProtocolError('FRAME_TRUNCATED');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const headerBytes = view.getUint32(0, true);
  if (headerBytes > limits.headerBytesMax) throw new ProtocolError('HEADER_TOO_LARGE');
  const headerEnd = LENGTH_BYTES + headerBytes;
  const bodyAt = align(headerEnd);
  if (frame.length < bodyAt) throw new ProtocolError('FRAME_TRUNCATED');
  for (let i = headerEnd; i < bodyAt; i++) if (frame[i] !== 0) throw new ProtocolError('PADDING_NOT_ZERO');
  // Plain views: a slice of Node's Buffer would be a view where that of a Uint8Array is a copy.
  const part = (from: number, to: number) => new Uint8Array(frame.buffer, frame.byteOffset + from, to - from);
  return { header: decodeHeader(part(LENGTH_BYTES, headerEnd), limits), body: part(bodyAt, frame.length) };
}

function decodeHeader(packed: Uint8Array, limits: HeaderLimits): Header {
  scanHeader(packed, limits);
  let header: Header;
  let again: Uint8Array;
  try {
    header = packr.unpack(packed) as Header;
    again = packr.pack(header);
  } catch {
    throw new ProtocolError('HEADER_MALFORMED');
  }
  const isSame = again.length === packed.length && again.every((byte, i) => byte === packed[i]);
  if (!isSame) throw new ProtocolError('HEADER_NOT_CANONICAL');
  return header;
}

/** Body bytes as float32. A view where the address allows it, else a copy: small frames arrive at any address. */
export function floatsOf(body: Uint8Array): Float32Array {
  if (body.byteOffset % 4 === 0) return new Float32Array(body.buffer, body.byteOffset, body.byteLength >> 2);
  return new Float32Array(new Uint8Array(body).buffer, 0, body.byteLength >> 2);
}

/** The same for u32. */
export function wordsOf(body: Uint8Array): Uint32Array {
  if (body.byteOffset % 4 === 0) return new Uint32Array(body.buffer, body.byteOffset, body.byteLength >> 2);
  return new Uint32Array(new Uint8Array(body).buffer, 0, body.byteLength >> 2);
}

const one = new DataView(new ArrayBuffer(4));

/** The bits of a float32 as a u32, as `lossBits` has them. */
export function bitsOfFloat(value: number): number {
  one.setFloat32(0, value);
  return one.getUint32(0);
}

export function floatOfBits(bits: number): number {
  one.setUint32(0, bits);
  return one.getFloat32(0);
}

/** Whether a u32 holds the bits of a number, neither infinite nor NaN. */
export function areFiniteBits(bits: number): boolean {
  return (bits & 0x7f800000) !== 0x7f800000;
}

/**
 * Whether all float32 of a gradient sum are numbers. The parsers do not look, since this costs as much as adding
 * the gradient; the coordinator asks where it reads the bytes anyway.
 */
export function isFiniteBody(body: Uint8Array): boolean {
  const words = wordsOf(body);
  let largest = 0;
  // Without the sign, what is not finite is above every number; one comparison a word and no way out is fastest.
  for (let i = 0; i < words.length; i++) largest = Math.max(largest, words[i]! & 0x7fffffff);
  return largest < 0x7f800000;
}
