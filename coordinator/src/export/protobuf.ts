/**
 * The wire format of protocol buffers, as far as a writer needs it: each function gives one field of a message,
 * as chunks of bytes. Large tensors stay views of the memory they lie in until {@link joined} copies them once.
 */

/** A message, or fields of one: the bytes are those of the chunks one after the other. */
export type Chunks = readonly Uint8Array[];

/** The low three bits of a field's key: how its value is written. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** A whole number from 0 to 2^53 - 1, seven bits a byte, lowest first. */
export function varintField(field: number, value: number): Chunks {
  return [Uint8Array.from([...varint(field * 8 + VARINT), ...varint(value)])];
}

export function floatField(field: number, value: number): Chunks {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [Uint8Array.from([...varint(field * 8 + FIXED32), ...bytes])];
}

/** A message inside a message, or bytes. */
export function bytesField(field: number, content: Chunks): Chunks {
  const head = [...varint(field * 8 + LENGTH_DELIMITED), ...varint(byteLength(content))];
  return [Uint8Array.from(head), ...content];
}

export function textField(field: number, text: string): Chunks {
  return bytesField(field, [new TextEncoder().encode(text)]);
}

export function byteLength(chunks: Chunks): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

export function joined(chunks: Chunks): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength(chunks));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function varint(value: number): number[] {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not written as a varint`);
  const bytes: number[] = [];
  let rest = value;
  // Division, because the shifts of JavaScript end at 32 bits.
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return [...bytes, rest];
}
