import { DivergenceError, UserError } from '@hivegrad/shared/errors';
import { describe, expect, it } from 'vitest';
import type { TrainEvent, TrainResult } from '../api/train-types.ts';
import { cellsOf, configOf } from './cells.ts';
import { comparisonOf } from './comparison.test.support.ts';
import { type Look, lookAt, secondsOf } from './estimate.ts';
import { strategyOf } from './strategies.ts';

/** A look at a strategy that tells these events, or throws; and whether it was asked to stop after each. */
async function look(
  events: readonly (Partial<TrainEvent> | Error)[],
  options: { lookMs?: number; stop?: AbortSignal } = {},
): Promise<Look & { stopped: boolean[] }> {
  const comparison = await comparisonOf({ strategies: ['sgd'], seeds: [1] });
  const [cell] = cellsOf(comparison, { samples: 100, threads: 2 }).cells;
  const stopped: boolean[] = [];
  const { lookMs = 0, stop = new AbortController().signal } = options;
  const seen = await lookAt({
    strategy: {
      ...strategyOf('sgd'),
      train: async (_source, settings, emit) => {
        for (const event of events) {
          if (event instanceof Error) throw event;
          emit(event as TrainEvent);
          stopped.push(settings.stop!.aborted);
        }
        return {} as TrainResult;
      },
    },
    config: configOf(comparison, cell!, { seed: 1 }),
    threads: 2,
    lookMs,
    stop,
  });
  return { ...seen, stopped };
}

const start = { type: 'start', samples: 100 } as const;
const progress = (samples: number) =>
  ({ type: 'progress', epoch: 1, sums: { samples, lossSum: 0, correct: 0 } }) as const;
const epoch = { type: 'metrics', line: { kind: 'epoch', epoch: 1 } } as Partial<TrainEvent>;

describe('a look at a cell', () => {
  it('ends with the first steps that it sees, once its time is over', async () => {
    const { stopped, epochSeconds } = await look([start, progress(0), progress(10), progress(20)]);
    expect(stopped).toEqual([false, false, true, true]);
    expect(epochSeconds).toBeGreaterThan(0);
  });

  it('goes on until its time is over', async () => {
    const { stopped } = await look([start, progress(10), epoch], { lookMs: 1e9 });
    expect(stopped).toEqual([false, false, false]);
  });

  it('takes a whole epoch where that is the first thing it sees', async () => {
    const { stopped, epochSeconds } = await look([start, epoch]);
    expect(stopped).toEqual([false, true]);
    expect(epochSeconds).toBeGreaterThan(0);
  });

  it('ends where the whole comparison is stopped', async () => {
    const { stopped } = await look([start], { stop: AbortSignal.abort() });
    expect(stopped).toEqual([true]);
  });

  it('leaves it to the run to tell that it diverges, and passes on what a person can mend', async () => {
    expect((await look([start, new DivergenceError(3, 'it diverged')])).epochSeconds).toBeUndefined();
    await expect(look([start, new UserError('DATA_EMPTY', 'no data')])).rejects.toThrow('no data');
  });
});

describe('the seconds of a run', () => {
  it('are those of its start and its epochs', () => {
    expect(secondsOf({ startSeconds: 2, epochSeconds: 3 }, 5)).toBe(17);
    expect(secondsOf({ startSeconds: 2, epochSeconds: undefined }, 5)).toBe(2);
  });
});
