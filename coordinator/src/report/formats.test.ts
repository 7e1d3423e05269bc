import { describe, expect, it } from 'vitest';
import type { MetricsRecord } from '../metrics/record.ts';
import { crc32c } from './crc32c.ts';
import { csvHeader, csvLine, csvRow } from './csv.ts';
import { readEvents } from './tensorboard.test.support.ts';
import { eventFileStart, maskedCrc, recordEvent, scalarsOf } from './tensorboard.ts';

const train: MetricsRecord = {
  step: 300,
  epoch: 2,
  kind: 'train',
  seconds: 1.5,
  learningRate: 0.001,
  loss: 0.25,
  accuracy: 0.5,
};
const epoch: MetricsRecord = {
  step: 400,
  epoch: 2,
  kind: 'epoch',
  seconds: 2,
  train: { loss: 0.5 },
  validation: { loss: 0.75 },
  test: { loss: 1.25 },
};

describe('metrics.csv', () => {
  it('has one column for each thing measured and leaves cells empty where a record says nothing', () => {
    expect(csvHeader + csvRow(train) + csvRow(epoch)).toBe(
      'step,epoch,kind,seconds,learningRate,loss,accuracy,validationLoss,validationAccuracy,testLoss,testAccuracy\r\n' +
        '300,2,train,1.5,0.001,0.25,0.5,,,,\r\n' +
        '400,2,epoch,2,,0.5,,0.75,,1.25,\r\n',
    );
  });

  it('quotes cells that would be read as more than one', () => {
    expect(csvLine(['a,b', 'say "x"', 'two\nlines', 1e-9])).toBe('"a,b","say ""x""","two\nlines",1e-9\r\n');
  });
});

describe('crc32c', () => {
  it('gives the examples of RFC 3720, B.4, and the usual check value', () => {
    const of = (length: number, value: (i: number) => number) =>
      crc32c(Uint8Array.from({ length }, (_, i) => value(i)));
    expect(of(32, () => 0)).toBe(0x8a9136aa);
    expect(of(32, () => 0xff)).toBe(0x62a8ab43);
    expect(of(32, (i) => i)).toBe(0x46dd794e);
    expect(of(32, (i) => 31 - i)).toBe(0x113fdb5c);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it('is masked by a rotation and a constant, to 32 bits', () => {
    const crc = 0xe3069283;
    const rotated = ((crc >>> 15) | (crc << 17)) >>> 0;
    expect(maskedCrc(new TextEncoder().encode('123456789'))).toBe((rotated + 0xa282ead8) % 2 ** 32);
  });
});

describe('event file', () => {
  it('begins with the version, byte for byte', () => {
    expect(Buffer.from(eventFileStart(1)).toString('hex')).toBe(
      // length 24, its check sum; double 1 in field 1; 13 bytes in field 3; check sum
      `1800000000000000${'a37f4b22'}09000000000000f03f1a0d${Buffer.from('brain.Event:2').toString('hex')}${'86bf577a'}`,
    );
  });

  it('holds time, step and scalars of a record, byte for byte', () => {
    const { learningRate: _, accuracy: __, ...bare } = train;
    // time 2 in field 1, step 300 in field 2; field 5: a value with a tag of 10 bytes and the float 0.25
    const data = `09${'0000000000000040'}10ac022a130a110a0a${Buffer.from('train/loss').toString('hex')}150000803e`;
    const bytes = recordEvent(bare, 2);
    expect(Buffer.from(bytes.subarray(12, -4)).toString('hex')).toBe(data);
  });

  it('is read back by another reader, with check sums', () => {
    const bytes = Buffer.concat([eventFileStart(10), recordEvent(train, 11.5), recordEvent(epoch, 12)]);
    expect(readEvents(bytes)).toEqual([
      { wallTime: 10, step: 0, version: 'brain.Event:2', scalars: {} },
      {
        wallTime: 11.5,
        step: 300,
        scalars: { 'train/loss': 0.25, 'train/accuracy': 0.5, learning_rate: Math.fround(0.001) },
      },
      {
        wallTime: 12,
        step: 400,
        scalars: { 'train_epoch/loss': 0.5, 'validation/loss': 0.75, 'test/loss': 1.25 },
      },
    ]);
    bytes[bytes.length - 9]! ^= 1;
    expect(() => readEvents(bytes)).toThrow('check sum');
  });

  it('takes steps beyond 32 bits', () => {
    const [event] = readEvents(recordEvent({ ...train, step: 2 ** 45 + 1 }, 0));
    expect(event?.step).toBe(2 ** 45 + 1);
  });

  it('names the means of an epoch apart from those of some steps', () => {
    expect(scalarsOf(epoch).map(([tag]) => tag)).toEqual([
      'train_epoch/loss',
      'validation/loss',
      'test/loss',
    ]);
  });
});
