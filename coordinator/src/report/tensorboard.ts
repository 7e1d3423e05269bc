/**
 * Event files that TensorBoard reads. In: records; out: bytes to be written one after the other, `eventFileStart`
 * first. A file is a sequence of TFRecords (u64 length, masked CRC-32C of it, data, masked CRC-32C of the data, all
 * little-endian), each with one Event in the encoding of Protocol Buffers:
 *
 *   Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
 *   Summary { repeated Value value = 1; }    Value { string tag = 1; float simple_value = 2; }
 */

import type { Means, MetricsRecord } from '../metrics/record.ts';
import { crc32c } from './crc32c.ts';

/** The one name in every run, so that a resumed run replaces its file; readers look for "tfevents" in it. */
export const EVENT_FILE = 'events.out.tfevents.0000000000.hivegrad';

const utf8 = new TextEncoder();

/** The first record of a file: which format follows. `wallTime` in seconds since 1970. */
export function eventFileStart(wallTime: number): Uint8Array {
  return tfRecord(Buffer.concat([double(1, wallTime), bytes(3, utf8.encode('brain.Event:2'))]));
}

/** The scalars of one record as one event at its step, `wallTime` in seconds since 1970. */
export function recordEvent(record: MetricsRecord, wallTime: number): Uint8Array {
  const values = scalarsOf(record).map(([tag, value]) =>
    bytes(1, Buffer.concat([bytes(1, utf8.encode(tag)), float(2, value)])),
  );
  const step = Buffer.concat([key(2, VARINT), varint(record.step)]);
  return tfRecord(Buffer.concat([double(1, wallTime), step, bytes(5, Buffer.concat(values))]));
}

/** Tags and values. The means of a whole epoch have names of their own, as their steps are also those of others. */
export function scalarsOf(record: MetricsRecord): (readonly [tag: string, value: number])[] {
  if (record.kind === 'train') {
    const { learningRate } = record;
    const rate = learningRate === undefined ? [] : [['learning_rate', learningRate] as const];
    return [...tagged('train', record), ...rate];
  }
  const { train, validation, test } = record;
  return [
    ...tagged('train_epoch', train),
    ...(validation === undefined ? [] : tagged('validation', validation)),
    ...tagged('test', test),
  ];
}

function tagged(part: string, { loss, accuracy }: Means): (readonly [string, number])[] {
  const entries: (readonly [string, number])[] = [[`${part}/loss`, loss]];
  return accuracy === undefined ? entries : [...entries, [`${part}/accuracy`, accuracy]];
}

/** A check sum over data that may hold check sums is masked, so that the two are not mistaken for each other. */
export function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function tfRecord(data: Uint8Array): Uint8Array {
  const framed = new Uint8Array(data.length + 16);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(framed.subarray(0, 8)), true);
  framed.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return framed;
}

/** Wire types of Protocol Buffers. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** The number of a field and how its value is written; one byte, as all numbers here are below 16. */
function key(field: number, wireType: number): Uint8Array {
  return Uint8Array.of((field << 3) | wireType);
}

/** Seven bits a byte, the lowest first; the highest bit says that more follow. Any safe integer from 0. */
function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...out, rest]);
}

function bytes(field: number, data: Uint8Array): Uint8Array {
  return Buffer.concat([key(field, LENGTH_DELIMITED), varint(data.length), data]);
}

function double(field: number, value: number): Uint8Array {
  const data = new DataView(new ArrayBuffer(8));
  data.setFloat64(0, value, true);
  return Buffer.concat([key(field, FIXED64), new Uint8Array(data.buffer)]);
}

function float(field: number, value: number): Uint8Array {
  const data = new DataView(new ArrayBuffer(4));
  data.setFloat32(0, value, true);
  return Buffer.concat([key(field, FIXED32), new Uint8Array(data.buffer)]);
}
