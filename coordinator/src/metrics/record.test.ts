import { describe, expect, it } from 'vitest';
import { epochsOf, parseMetrics, trainingClock } from './record.ts';

const train = { step: 5, epoch: 1, kind: 'train', seconds: 0.5, loss: 1.25, accuracy: 0.5 };
const epoch = { step: 10, epoch: 1, kind: 'epoch', seconds: 1, train: { loss: 1 }, test: { loss: 2 } };
const text = (...records: readonly object[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
const parse = (value: string) => parseMetrics(value, 'runs/a/metrics.jsonl');

describe('parseMetrics', () => {
  it('answers what was written, with a learning rate and a validation part where they are there', () => {
    const full = { ...train, learningRate: 0.01 };
    const validated = { ...epoch, validation: { loss: 1.5, accuracy: 1 } };
    expect(parse(text(train, full, epoch, validated))).toEqual([train, full, epoch, validated]);
    expect(parse('')).toEqual([]);
  });

  it.each([
    ['{"step":1', 'runs/a/metrics.jsonl, line 2 is not a record of metrics: it is not JSON'],
    [JSON.stringify({ ...train, loss: null }), 'line 2 is not a record of metrics: loss: '],
    [
      JSON.stringify({ ...train, step: 4 }),
      'line 2 is not a record of metrics: its step 4 comes after step 5',
    ],
    [JSON.stringify({ ...train, accuracy: 1.5 }), 'accuracy: '],
    [JSON.stringify({ ...train, kind: 'else' }), 'kind: '],
    [JSON.stringify({ ...train, colour: 1 }), 'colour'],
    [JSON.stringify({ ...epoch, test: { loss: 1, seconds: 2 } }), 'test: '],
    [JSON.stringify({ ...epoch, test: undefined }), 'test: '],
    ['7', 'is not a record of metrics'],
  ])('refuses the line %s', (line, message) => {
    const attempt = () => parse(`${text(train)}${line}\n`);
    expect(attempt).toThrow(expect.objectContaining({ code: 'METRICS_DAMAGED' }));
    expect(attempt).toThrow(message);
  });
});

it('epochsOf leaves the records of training out', () => {
  expect(epochsOf(parse(text(train, epoch)))).toEqual([epoch]);
});

it('trainingClock adds the times of processes that worked on a run one after the other', () => {
  const clock = trainingClock();
  const at = [1, 2.5, 0.25, 4, 1].map((seconds) => clock({ ...train, kind: 'train', seconds }));
  expect(at).toEqual([1, 2.5, 2.75, 6.5, 7.5]);
});
