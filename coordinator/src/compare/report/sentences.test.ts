import { describe, expect, it } from 'vitest';
import { resultsTold, type Told } from '../comparison.test.support.ts';
import {
  chanceSentences,
  divergedSentences,
  equalTimeSentences,
  missedSentences,
  progressSentences,
  qualitySentences,
  targetSentences,
  throughputSentences,
} from './sentences.ts';

const settings = {
  batchSizes: [10, 100],
  seeds: [1, 2],
  epochs: 3,
  target: { metric: 'testAccuracy', value: 0.9 },
};
const both = (run: Told): readonly Told[] => [run, run];
const at = (secondsPerEpoch: number, ...accuracies: number[]): readonly Told[] =>
  both({ accuracies, secondsPerEpoch });

describe('the sentence about the target', () => {
  it('says what large steps needed and bought', async () => {
    const results = await resultsTold(settings, { 10: at(6, 0.9, 0.95, 0.96), 100: at(1, 0.5, 0.6, 0.9) });
    expect(targetSentences(results)).toEqual([
      'Batches of 100 needed 3 times the epochs of batches of 10 to reach 90 % test accuracy, and 0.5 times the seconds.',
      'By the clock batches of 100 reached 90 % test accuracy first, after 3 epochs and 3.0 s of training; by epochs ' +
        'batches of 10 did, after 1 epoch and 6.0 s of training.',
    ]);
  });

  it('says the opposite of opposite figures', async () => {
    const results = await resultsTold(settings, { 10: at(1, 0.5, 0.9, 0.96), 100: at(8, 0.9, 0.9, 0.9) });
    expect(targetSentences(results)).toEqual([
      'Batches of 100 needed 0.5 times the epochs of batches of 10 to reach 90 % test accuracy, and 4 times the seconds.',
      'By the clock batches of 10 reached 90 % test accuracy first, after 2 epochs and 2.0 s of training; by epochs ' +
        'batches of 100 did, after 1 epoch and 8.0 s of training.',
    ]);
  });

  it('names one that was first by both', async () => {
    const results = await resultsTold(settings, { 10: at(1, 0.9, 0.9, 0.9), 100: at(8, 0.5, 0.9, 0.9) });
    expect(targetSentences(results)[1]).toBe(
      'Batches of 10 reached 90 % test accuracy first, by epochs and by the clock: after 1 epoch and 1.0 s of training.',
    );
  });

  it('claims no first place by epochs that two share', async () => {
    const results = await resultsTold(settings, { 10: at(1, 0.9, 0.9, 0.9), 100: at(8, 0.9, 0.9, 0.9) });
    expect(targetSentences(results)[1]).toBe(
      'By the clock batches of 10 reached 90 % test accuracy first, after 1 epoch and 1.0 s of training; nobody needed ' +
        'fewer epochs.',
    );
  });

  it('says that there was no difference', async () => {
    const results = await resultsTold(settings, { 10: at(2, 0.5, 0.9, 0.9), 100: at(2, 0.5, 0.9, 0.9) });
    expect(targetSentences(results)[0]).toBe(
      'Batches of 100 needed as many epochs as batches of 10 to reach 90 % test accuracy, and as much time.',
    );
  });

  it('compares nobody who missed it with some seed', async () => {
    const results = await resultsTold(settings, {
      10: at(1, 0.9, 0.9, 0.9),
      100: [...at(1, 0.9, 0.9, 0.9).slice(1), ...at(1, 0.1, 0.1, 0.1).slice(1)],
    });
    expect(targetSentences(results)).toHaveLength(1);
    expect(missedSentences(results)).toEqual([
      'Batches of 100 reached 90 % test accuracy with 1 of 2 seeds.',
    ]);
  });

  it('is not said without one', async () => {
    const results = await resultsTold(
      { ...settings, target: undefined },
      { 10: at(1, 0.9, 0.9, 0.9), 100: at(1, 0.9, 0.9, 0.9) },
    );
    expect([...targetSentences(results), ...missedSentences(results)]).toEqual([]);
  });
});

describe('the sentence about who missed the target', () => {
  it('names all of them', async () => {
    const results = await resultsTold(settings, { 10: at(1, 0.1, 0.1, 0.1), 100: at(1, 0.1, 0.1, 0.1) });
    expect(missedSentences(results)).toEqual([
      'Batches of 10 and batches of 100 did not reach 90 % test accuracy within 3 epochs.',
    ]);
    expect(targetSentences(results)).toEqual([]);
  });

  it('is not said where all reached it', async () => {
    const results = await resultsTold(settings, { 10: at(1, 0.9, 0.9, 0.9), 100: at(1, 0.9, 0.9, 0.9) });
    expect(missedSentences(results)).toEqual([]);
  });
});

describe('the sentence about throughput', () => {
  const three = { ...settings, batchSizes: [1, 10, 100] };

  it('says how it grew, and where it was enough', async () => {
    const results = await resultsTold(three, { 1: at(10, 0.5), 10: at(1, 0.5), 100: at(0.95, 0.5) });
    expect(throughputSentences(results)).toEqual([
      'Samples per second grew 11 times, from 100 with batches of 1 to 1,050 with batches of 100; batches of 10 had 95 % ' +
        'of that already.',
    ]);
  });

  it('names no earlier one where it was not enough', async () => {
    const results = await resultsTold(three, { 1: at(10, 0.5), 10: at(2, 0.5), 100: at(1, 0.5) });
    expect(throughputSentences(results)).toEqual([
      'Samples per second grew 10 times, from 100 with batches of 1 to 1,000 with batches of 100.',
    ]);
  });

  it('says that it hardly grew', async () => {
    const results = await resultsTold(three, { 1: at(1, 0.5), 10: at(0.95, 0.5), 100: at(1, 0.5) });
    expect(throughputSentences(results)).toEqual([
      'Larger steps computed hardly more samples per second: batches of 1 had 1,000, batches of 10 the most, 1,050.',
    ]);
  });

  it('says that it did not grow', async () => {
    const results = await resultsTold(three, { 1: at(1, 0.5), 10: at(2, 0.5), 100: at(10, 0.5) });
    expect(throughputSentences(results)).toEqual([
      'Larger steps computed no more samples per second: batches of 1 had the most, 1,000.',
    ]);
  });
});

describe('the sentence about quality', () => {
  it('names the best and the worst', async () => {
    const results = await resultsTold(settings, { 10: at(1, 0, 0, 0.96), 100: at(1, 0, 0, 0.91) });
    expect(qualitySentences(results)).toEqual([
      'After 3 epochs batches of 10 had the highest test accuracy, 96.00 %, and batches of 100 the lowest, 91.00 %.',
    ]);
  });

  it('names them the other way round for the opposite figures', async () => {
    const results = await resultsTold(settings, { 10: at(1, 0, 0, 0.91), 100: at(1, 0, 0, 0.96) });
    expect(qualitySentences(results)[0]).toMatch(/^After 3 epochs batches of 100 had the highest/);
  });

  it('doubts a difference that is smaller than the spread', async () => {
    const seeds = (a: number, b: number): readonly Told[] =>
      [a, b].map((last) => ({ accuracies: [0, 0, last], secondsPerEpoch: 1 }));
    const results = await resultsTold(settings, { 10: seeds(0.9, 0.98), 100: seeds(0.92, 0.95) });
    expect(qualitySentences(results)[1]).toBe(
      'Between batches of 10 and batches of 100 chance may have decided: their means are closer than the spread over seeds, ' +
        '5.66 %.',
    );
  });
});

describe('the sentence about equal time', () => {
  it('says who had come further by then', async () => {
    const results = await resultsTold(settings, { 10: at(2, 0.95, 0.96, 0.97), 100: at(1, 0.5, 0.6, 0.7) });
    expect(equalTimeSentences(results)).toEqual([
      'The 3 epochs took the least time with batches of 100, 3.0 s of training; by then batches of 10 had come furthest, ' +
        'to 95.00 % test accuracy.',
    ]);
  });

  it('says that nobody had', async () => {
    const results = await resultsTold(settings, { 10: at(2, 0.5, 0.96, 0.97), 100: at(1, 0.5, 0.6, 0.7) });
    expect(equalTimeSentences(results)).toEqual([
      'The 3 epochs took the least time with batches of 100, 3.0 s of training, and nobody had come further by then: ' +
        '70.00 % test accuracy.',
    ]);
  });
});

describe('sentences about cells that differ in threads', () => {
  it('compare times within a number of threads, and weights once', async () => {
    const results = await resultsTold(
      { ...settings, threads: [1, 2] },
      { 10: at(1, 0.5, 0.9, 0.96), 100: at(2, 0.5, 0.6, 0.7) },
    );
    expect(targetSentences(results)).toHaveLength(1);
    expect(qualitySentences(results)).toEqual([
      'After 3 epochs batches of 10 had the highest test accuracy, 96.00 %, and batches of 100 the lowest, 70.00 %.',
    ]);
    expect(missedSentences(results)).toEqual([
      'Batches of 100 did not reach 90 % test accuracy within 3 epochs.',
    ]);
    const reached = await resultsTold(
      { ...settings, threads: [1, 2] },
      { 10: at(1, 0.5, 0.9, 0.96), 100: at(2, 0.5, 0.9, 0.9) },
    );
    expect(targetSentences(reached).slice(0, 2)).toEqual([
      'Batches of 100 on 1 thread needed as many epochs as batches of 10 on 1 thread to reach 90 % test accuracy, and 2 ' +
        'times the seconds.',
      'Batches of 100 on 2 threads needed as many epochs as batches of 10 on 2 threads to reach 90 % test accuracy, and 2 ' +
        'times the seconds.',
    ]);
  });
});

describe('the sentences about what went wrong or is missing', () => {
  it('name who diverged, with which seeds, after how many updates', async () => {
    const diverged = { accuracies: [0.5], secondsPerEpoch: 1, diverged: true } as const;
    const results = await resultsTold(settings, { 10: at(1, 0.5, 0.6, 0.7), 100: [diverged, diverged] });
    expect(divergedSentences(results)).toEqual([
      'Batches of 100 diverged with seeds 1 and 2, after 10 and 10 updates, at learning rate 0.1.',
    ]);
    expect(qualitySentences(results)).toEqual([]);
  });

  it('are not said of a whole comparison with several seeds', async () => {
    const results = await resultsTold(settings, { 10: at(1, 0.5, 0.6, 0.7), 100: at(1, 0.5, 0.6, 0.7) });
    const none = [progressSentences, divergedSentences, chanceSentences].flatMap((say) => say(results));
    expect(none).toEqual([]);
  });

  it('say how much of it has been run', async () => {
    const results = await resultsTold(settings, { 10: at(1, 0.5, 0.6, 0.7) });
    expect(progressSentences(results)).toEqual([
      'So far 2 of 4 runs have ended; the figures are those of these.',
    ]);
  });

  it('say that one seed shows no spread', async () => {
    const results = await resultsTold({ ...settings, seeds: [1] }, { 10: at(1, 0.5).slice(1) });
    expect(chanceSentences(results)).toEqual([
      'Each cell was run with one seed alone, so nothing here tells a difference from chance.',
    ]);
  });
});
