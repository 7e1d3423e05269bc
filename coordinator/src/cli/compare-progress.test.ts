/** Progress of a comparison and what is said of a run, on a stream that keeps what it was given, under a clock by hand. */

import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { cellsOf } from '../compare/cells.ts';
import { comparisonOf, runTold } from '../compare/comparison.test.support.ts';
import { createCompareProgress } from './compare-progress.ts';
import { runLine, runText } from './compare-text.ts';

async function plannedRun() {
  const comparison = await comparisonOf({ strategies: ['sgd'], seeds: [7], epochs: 2 });
  const [cell] = cellsOf(comparison, { samples: 1000, threads: 1 }).cells;
  return { cell: cell!, seed: 7, epochs: 2 };
}

async function shownOn(terminal: boolean) {
  let written = '';
  let nowMs = 0;
  const stream = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString();
        done();
      },
    }),
    { isTTY: terminal, columns: 100 },
  );
  const progress = createCompareProgress({ stream, env: {}, now: () => nowMs });
  const run = await plannedRun();
  return {
    progress,
    run,
    written: () => written,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the progress of a comparison', () => {
  it('is a line each ten seconds where nobody watches, with the time left by what is done', async () => {
    const { progress, run, written, pass } = await shownOn(false);
    progress.begin({ runs: 4, done: 1, seconds: 100 });
    pass(10_000);
    progress.update({ run, fraction: 0.5, seconds: 40 });
    pass(1000);
    progress.update({ run, fraction: 0.6, seconds: 40 });
    progress.ended({ seconds: 40 });
    pass(9000);
    progress.update({ run, fraction: 0, seconds: 60 });
    expect(written()).toBe('20 %  run 2/4  sgd, seed 7  40 s left\n40 %  run 3/4  sgd, seed 7  30 s left\n');
  });

  it('tells no time while next to nothing is done', async () => {
    const { progress, run, written, pass } = await shownOn(false);
    progress.begin({ runs: 1, done: 0, seconds: 100 });
    pass(10_000);
    progress.update({ run, fraction: 0.001, seconds: 100 });
    expect(written()).toBe('0 %  run 1/1  sgd, seed 7\n');
  });

  it('is one bar on a terminal, with lines above it, and gone at the end', async () => {
    const { progress, run, written, pass } = await shownOn(true);
    progress.begin({ runs: 2, done: 0, seconds: 10 });
    pass(5000);
    progress.update({ run, fraction: 1, seconds: 5 });
    progress.line('sgd ended');
    progress.stop();
    const before = written();
    expect(before).toContain('━━━━━━━━━━━━────────────  50 %  run 1/2  sgd, seed 7  5.0 s left');
    expect(before).toContain('sgd ended\n');
    progress.line('afterwards');
    expect(written()).toBe(`${before}afterwards\n`);
  });
});

describe('the line of a run that has ended', () => {
  it('has its test loss and accuracy, or that it diverged', async () => {
    const run = await plannedRun();
    const told = { accuracies: [0.5, 0.875], secondsPerEpoch: 1 };
    expect(runLine(run, runTold(run.cell, told))).toBe(
      'sgd, seed 7: test loss 0.1250, test accuracy 87.50 %',
    );
    expect(runLine(run, runTold(run.cell, { ...told, diverged: true }))).toBe(
      'sgd, seed 7: diverged. The loss is not finite.',
    );
  });

  it('names a run of a search by its factor', async () => {
    expect(runText({ ...(await plannedRun()), factor: 0.1 })).toBe('learning rate times 0.1');
  });
});
