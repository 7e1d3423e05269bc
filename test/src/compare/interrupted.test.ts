/** A comparison that is stopped, killed or refused: what it keeps, what goes on, and what nobody gets to lose. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { UserError } from '@hivegrad/shared/errors';
import { resultsCsv } from 'hivegrad/compare/csv';
import { comparePage } from 'hivegrad/compare/report/page';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workplace } from '../support/files.ts';
import { createWorkplace, longRun, snapshot, writeIdxData } from '../support/files.ts';
import { type CompareOptions, compareIn, withoutTimes, writtenResults } from './comparisons.ts';

let place: Workplace;
/** Two cells that take some hundred milliseconds each. */
const slow = { base: 'long.json', strategies: ['minibatch'], batchSizes: [8, 24], seeds: [1], epochs: 30 };
beforeAll(async () => {
  place = createWorkplace();
  place.config('long.json', longRun);
  await compareIn(place, slow, { out: 'whole' });
}, 60_000);
afterAll(() => place.remove());

/** The code and the sentence with which a comparison is refused. */
async function refusalOf(settings: object, options: CompareOptions): Promise<UserError> {
  const error: unknown = await compareIn(place, settings, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

describe('a comparison that was stopped within a run', () => {
  it('goes on to the same figures but for times', async () => {
    const stop = new AbortController();
    const stopped = await compareIn(place, slow, {
      out: 'stopped',
      stop: stop.signal,
      onEvent: (event) => {
        if (event.type === 'progress' && event.run.cell.id === 'minibatch-24') stop.abort();
      },
    });
    expect(stopped).toMatchObject({ outcome: 'stopped', done: 1, runs: 2 });
    expect(writtenResults(place, 'stopped')).toMatchObject({ complete: false });
    const notices: string[] = [];
    const resumed = await compareIn(place, slow, {
      out: 'stopped',
      onEvent: (event) => {
        if (event.type === 'notice') notices.push(event.sentence);
      },
    });
    expect(resumed).toMatchObject({ outcome: 'finished', done: 2 });
    expect(notices.some((sentence) => /^Resuming .*minibatch-24.* at step [1-9]/.test(sentence))).toBe(true);
    expect(withoutTimes(writtenResults(place, 'stopped'))).toEqual(
      withoutTimes(writtenResults(place, 'whole')),
    );
  });

  it('begins no other run where it was stopped between two', async () => {
    const stop = new AbortController();
    const between = { strategies: ['minibatch'], batchSizes: [100, 'all'], seeds: [1] };
    const stopped = await compareIn(place, between, {
      out: 'between',
      stop: stop.signal,
      onEvent: ({ type }) => {
        if (type === 'ended') stop.abort();
      },
    });
    expect(stopped).toMatchObject({ outcome: 'stopped', done: 1, runs: 2 });
    expect(readdirSync(place.path('between', 'cells'))).toEqual(['minibatch-100']);
  });

  it('trains nothing again of what had ended', async () => {
    const before = snapshot(place.path('whole', 'cells'));
    const events: string[] = [];
    await compareIn(place, slow, { out: 'whole', onEvent: ({ type }) => events.push(type) });
    expect(events).toEqual(['begin']);
    expect(snapshot(place.path('whole', 'cells'))).toEqual(before);
  });

  it('trains again what has no whole record, to the same figures', async () => {
    await compareIn(place, slow, { out: 'torn' });
    writeFileSync(place.path('torn', 'cells', 'minibatch-8', 'seed-1.json'), '{ "outcome": "fin');
    await compareIn(place, slow, { out: 'torn' });
    expect(withoutTimes(writtenResults(place, 'torn'))).toEqual(withoutTimes(writtenResults(place, 'whole')));
  });
});

describe('the files of a comparison', () => {
  it('are made of the figures in results.json alone', () => {
    const results = writtenResults(place, 'whole');
    expect(readFileSync(place.path('whole', 'report.html'), 'utf8')).toBe(comparePage(results));
    expect(readFileSync(place.path('whole', 'results.csv'), 'utf8')).toBe(resultsCsv(results));
  });

  it('hold the figures that the runs logged', () => {
    for (const { id, runs } of writtenResults(place, 'whole').cells) {
      const lines = readFileSync(place.path('whole', 'cells', id, 'seed-1', 'metrics.jsonl'), 'utf8');
      const ends = lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { kind: string; test: { loss: number; accuracy: number } })
        .filter(({ kind }) => kind === 'epoch');
      expect(runs[0]!.epochs.map(({ testLoss, testAccuracy }) => [testLoss, testAccuracy])).toEqual(
        ends.map(({ test }) => [test.loss, test.accuracy]),
      );
    }
  });
});

describe('a cell that diverges', () => {
  it('is recorded as diverged, and the others go on', async () => {
    const wild = { strategies: ['minibatch'], batchSizes: [100], seeds: [1], learningRates: [0.002, 1e30] };
    const { outcome, results } = await compareIn(place, wild, { out: 'wild' });
    expect(outcome).toBe('finished');
    const [calm, diverged] = results.cells;
    expect(calm).toMatchObject({ diverged: 0, runs: [{ outcome: 'finished' }] });
    expect(diverged).toMatchObject({ diverged: 1, runs: [{ outcome: 'diverged' }] });
    expect(diverged!.target).toEqual({ reached: 0, runs: 1 });
    const again = await compareIn(place, wild, { out: 'wild' });
    expect(again.results).toEqual(results);
  });
});

describe('a comparison is refused', () => {
  it('where it would take longer than its budget, before anything is written', async () => {
    const error = await refusalOf({ budgetSeconds: 1e-6 }, { out: 'budget' });
    expect(error.code).toBe('COMPARE_OVER_BUDGET');
    expect(error.message).toMatch(
      /^6 runs would take about \d.* on this machine, and budgetSeconds allows 0 ms\. Take fewer/,
    );
    expect(snapshot(place.path('budget'))).toEqual({});
  });

  it('where another one is in the directory, naming the difference, unless it is to be replaced', async () => {
    const small = { strategies: ['batch'], seeds: [1] };
    await compareIn(place, { ...small, epochs: 3 }, { out: 'other' });
    const error = await refusalOf({ ...small, epochs: 2, seeds: [4] }, { out: 'other' });
    expect([error.code, error.message]).toEqual([
      'COMPARE_DIFFERS',
      `${place.path('other')} holds another comparison:\n  seeds[0]: 1 there, 4 now\n` +
        '  epochs: 3 there, 2 now\nChoose another directory with --out, or replace what is there with --force.',
    ]);
    await compareIn(place, { ...small, epochs: 2 }, { out: 'other', force: true });
    expect(writtenResults(place, 'other').cells[0]!.epochs).toHaveLength(2);
  });

  it('where the data are not those that it began with', async () => {
    const elsewhere = createWorkplace();
    try {
      await compareIn(elsewhere, { strategies: ['batch'], seeds: [1] }, { out: 'data' });
      writeIdxData(elsewhere.directory, 2);
      const again = compareIn(elsewhere, { strategies: ['batch'], seeds: [1] }, { out: 'data' });
      await expect(again).rejects.toThrow(/holds another comparison:\n {2}dataDigest: "/);
    } finally {
      elsewhere.remove();
    }
  });

  it('not where only the name, the target or the budget differ', async () => {
    const { results } = await compareIn(
      place,
      { ...slow, name: 'renamed', target: { metric: 'testLoss', value: 100 }, budgetSeconds: 1e-6 },
      { out: 'whole' },
    );
    expect(results.cells.map(({ target }) => target?.epochs?.mean)).toEqual([1, 1]);
    await compareIn(place, slow, { out: 'whole' });
  });

  it('where the directory holds something else, which stays', async () => {
    mkdirSync(place.path('foreign'));
    writeFileSync(place.path('foreign', 'thesis.tex'), 'precious');
    expect((await refusalOf({}, { out: 'foreign' })).code).toBe('RUN_NOT_EMPTY');
    expect(readFileSync(place.path('foreign', 'thesis.tex'), 'utf8')).toBe('precious');
  });

  it('where its report cannot be written, before anything is trained', async () => {
    mkdirSync(place.path('blocked', 'report.html'), { recursive: true });
    const error = await refusalOf({}, { out: 'blocked', force: true });
    expect(error.message).toBe(
      `Cannot use ${place.path('blocked', 'report.html')}: it is a directory where a file is needed. Name a file in it, or ` +
        'another path.',
    );
    expect(existsSync(place.path('blocked', 'cells'))).toBe(false);
  });
});
