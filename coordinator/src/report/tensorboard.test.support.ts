/** A reader of event files, written from the formats and not from the writer: TFRecord around Protocol Buffers. */

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly version?: string;
  readonly scalars: Readonly<Record<string, number>>;
}

/** All events. @throws Error where a check sum is wrong or bytes are missing */
export function readEvents(file: Uint8Array): ReadEvent[] {
  const events: ReadEvent[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const data = file.subarray(at + 12, at + 12 + length);
    if (view.getUint32(at + 8, true) !== maskedChecksum(file.subarray(at, at + 8)))
      throw new Error('wrong check sum of a length');
    if (view.getUint32(at + 12 + length, true) !== maskedChecksum(data))
      throw new Error('wrong check sum of data');
    events.push(readEvent(data));
    at += 16 + length;
  }
  return events;
}

function readEvent(data: Uint8Array): ReadEvent {
  const fields = readFields(data);
  const version = fields.find(({ field }) => field === 3)?.bytes;
  const summaries = fields.filter(({ field }) => field === 5).map(({ bytes }) => bytes);
  const values = summaries.flatMap((summary) => readFields(summary)).map(({ bytes }) => readFields(bytes));
  const scalars = values.map((value) => {
    const [tag, simple] = [1, 2].map((field) => value.find((candidate) => candidate.field === field)!.bytes);
    return [utf8(tag!), new DataView(simple!.buffer, simple!.byteOffset).getFloat32(0, true)] as const;
  });
  const time = fields.find(({ field }) => field === 1)!.bytes;
  return {
    wallTime: new DataView(time.buffer, time.byteOffset).getFloat64(0, true),
    step: fields.find(({ field }) => field === 2)?.number ?? 0,
    ...(version !== undefined && { version: utf8(version) }),
    scalars: Object.fromEntries(scalars),
  };
}

interface Field {
  readonly field: number;
  readonly bytes: Uint8Array;
  readonly number: number;
}

function readFields(data: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = data[at++];
      if (byte === undefined) throw new Error('a number without an end');
      value += (byte & 0x7f) * factor;
      factor *= 0x80;
      if (byte < 0x80) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const [field, type] = [key >>> 3, key & 7];
    const number = type === 0 ? varint() : 0;
    const length = { 0: 0, 1: 8, 5: 4 }[type] ?? varint();
    fields.push({ field, number, bytes: data.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

/** Bit by bit, without a table. */
function maskedChecksum(data: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? 0x82f63b78n : 0n);
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
