/** What decides the weights that the command line ends with, and what does not. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIn, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { contentOf, createWorkplace, writeIdxData } from '../support/files.ts';

let place: Workplace;
let config: string;
let digest: string;
beforeAll(async () => {
  place = createWorkplace();
  config = place.config('small.json');
  digest = await train('first', '--threads', '1');
});
afterAll(() => {
  killAll();
  place.remove();
});

async function train(run: string, ...flags: readonly string[]): Promise<string> {
  return digestIn(await succeed(['train', config, '--out', place.path(run), ...flags]));
}

describe.concurrent('the weights of a run', () => {
  it.each(['2', '3', '7'])('are the same with %s threads as with one', async (threads) => {
    expect(await train(`threads-${threads}`, '--threads', threads)).toBe(digest);
    expect(contentOf(place.path(`threads-${threads}`))).toEqual(contentOf(place.path('first')));
  });

  it('are the same with the plain kernels', async () => {
    expect(await train('plain', '--kernels', 'plain', '--threads', '2')).toBe(digest);
  });

  it.each([
    ['seed', '--seed', '8'],
    ['shard size', '--shard-size', '6'],
    ['learning rate', '--learning-rate', '0.003'],
  ])('are others with another %s', async (_, flag, value) => {
    expect(await train(flag.slice(2), flag, value)).not.toBe(digest);
  });

  it('are others on other data', async () => {
    const elsewhere = createWorkplace();
    try {
      writeIdxData(elsewhere.directory, 3);
      const args = ['train', elsewhere.config('small.json'), '--out', elsewhere.path('run')];
      expect(digestIn(await succeed(args))).not.toBe(digest);
    } finally {
      elsewhere.remove();
    }
  });
});
