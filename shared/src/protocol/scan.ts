/**
 * Looks over the bytes of a MessagePack header before a decoder spends memory on them. In: bytes from anybody.
 * Lets pass exactly one map that ends with the bytes, made of maps, lists, strings, integers, float64, booleans
 * and nil, within the limits. It allocates nothing but a stack of `depthMax` numbers.
 */

import { ProtocolError } from './errors.ts';
import type { HeaderLimits } from './limits.ts';

/** Bytes of a value of fixed size behind its type byte. */
const fixedBytes: Readonly<Record<number, number>> = {
  192: 0, // nil
  194: 0, // false
  195: 0, // true
  203: 8, // float64
  204: 1, // uint8
  205: 2, // uint16
  206: 4, // uint32
  208: 1, // int8
  209: 2, // int16
  210: 4, // int32
};

/** Bytes of the length behind the type byte of a string, a list or a map. */
const lengthBytes: Readonly<Record<number, number>> = {
  217: 1, // str8
  218: 2, // str16
  219: 4, // str32
  220: 2, // array16
  221: 4, // array32
  222: 2, // map16
  223: 4, // map32
};

/** Throws a ProtocolError unless `bytes` are one harmless map. */
export function scanHeader(bytes: Uint8Array, { depthMax, valuesMax }: HeaderLimits): void {
  /** For each open map or list: how many keys and values are still to come. */
  const open: number[] = [];
  let at = 0;
  let values = 0;

  const take = (count: number): number => {
    if (count > bytes.length - at)
      throw new ProtocolError('HEADER_MALFORMED', 'The header ends inside a value.');
    at += count;
    return at - count;
  };
  const lengthOf = (count: number): number => {
    let length = 0;
    for (let from = take(count); from < at; from++) length = length * 256 + bytes[from]!;
    return length;
  };
  const enter = (items: number): void => {
    if (open.length >= depthMax) throw new ProtocolError('HEADER_TOO_DEEP');
    if (items > valuesMax - values) throw new ProtocolError('HEADER_TOO_MANY_VALUES');
    open.push(items);
  };

  do {
    if (open.length > 0) open[open.length - 1]! -= 1;
    if (++values > valuesMax) throw new ProtocolError('HEADER_TOO_MANY_VALUES');
    const type = bytes[take(1)]!;
    if (values === 1 && !isMap(type)) throw new ProtocolError('HEADER_MALFORMED', 'The header is not a map.');
    const fixed = fixedBytes[type];
    const long = lengthBytes[type];
    if (fixed !== undefined) take(fixed);
    else if (long !== undefined) {
      const length = lengthOf(long);
      if (type < 220) take(length);
      else enter(isMap(type) ? length * 2 : length);
    } else if (type < 0x80 || type >= 0xe0) continue;
    else if (type < 0x90) enter((type & 15) * 2);
    else if (type < 0xa0) enter(type & 15);
    else if (type < 0xc0) take(type & 31);
    else throw new ProtocolError('HEADER_FORBIDDEN_TYPE', `The header uses the MessagePack type ${type}.`);
  } while (more(open));

  if (at !== bytes.length) throw new ProtocolError('HEADER_MALFORMED', 'Bytes follow the map of the header.');
}

function isMap(type: number): boolean {
  return (type & 0xf0) === 0x80 || type === 222 || type === 223;
}

/** Leaves what is complete, and tells whether anything is still open. */
function more(open: number[]): boolean {
  while (open.at(-1) === 0) open.pop();
  return open.length > 0;
}
