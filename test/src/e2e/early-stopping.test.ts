/** Early stopping: a run ends with the weights of its best epoch, whatever threads computed them and whatever killed it. */

import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestIn, hivegrad, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { contentOf, createWorkplace } from '../support/files.ts';

const PATIENCE = 5;
const EPOCHS = 60;

let place: Workplace;
let config: string;
let whole: string;
let printed: string;
beforeAll(async () => {
  place = createWorkplace();
  config = place.config('early.json', {
    optimizer: { type: 'adam', learningRate: 0.05 },
    epochs: EPOCHS,
    validationFraction: 0.25,
    earlyStopping: { patience: PATIENCE },
    metricsEvery: 7,
    checkpointSeconds: 0.02,
  });
  whole = place.path('whole');
  printed = await succeed(['train', config, '--threads', '2', '--out', whole]);
});
afterAll(() => {
  killAll();
  place.remove();
});

/** The lines of metrics that end epochs. */
function epochsOf(run: string) {
  return readFileSync(`${run}/metrics.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; epoch: number; validation: { loss: number } })
    .filter(({ kind }) => kind === 'epoch');
}

it('ends so many epochs after the best one, and reports the test part under its weights', async () => {
  const epochs = epochsOf(whole);
  const losses = epochs.map(({ validation }) => validation.loss);
  const best = losses.indexOf(Math.min(...losses)) + 1;
  expect(epochs.length).toBeLessThan(EPOCHS);
  expect(epochs.length).toBe(best + PATIENCE);
  // Without early stopping, as many epochs as the best one was end with the same weights.
  const upToBest = await succeed([
    ...['train', config, '--threads', '1', '--out', place.path('up-to-best')],
    ...['--set', 'earlyStopping=null', '--epochs', String(best)],
  ]);
  expect(digestIn(upToBest)).toBe(digestIn(printed));
  const tested = /^test accuracy .*$/m.exec(upToBest)?.[0];
  expect(tested).toBeDefined();
  expect(printed).toContain(tested);
  expect(await succeed(['evaluate', whole])).toContain(tested);
});

it('ends with the same bytes when it was killed, and resumed by other numbers of threads', async () => {
  const run = place.path('killed');
  const goOn = (threads: number) => {
    const given = existsSync(`${run}/config.json`) ? ['--resume', run] : [config, '--out', run];
    return ['train', ...given, '--threads', String(threads)];
  };
  // However fast it is, a run writes a checkpoint when it begins, and a run that goes on writes one when it ends.
  for (const [i, failpoint] of ['during write step-:2', 'after rename step-:1'].entries()) {
    expect(await hivegrad(goOn(i + 1), { failpoint })).toMatchObject({ signal: 'SIGKILL' });
  }
  expect((await succeed(goOn(3))).replaceAll(run, whole)).toBe(printed);
  expect(contentOf(run)).toEqual(contentOf(whole));
});

it('trains nothing when a run that has ended is resumed, and says the same', async () => {
  const before = contentOf(whole);
  expect(await succeed(['train', '--resume', whole, '--threads', '1'])).toBe(printed);
  expect(contentOf(whole)).toEqual(before);
});
