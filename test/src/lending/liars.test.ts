/** Workers that send wrong bits: found by audits, banned before the step closes, and without a trace in the weights. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIn, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import { joining, lend, manyNodes } from './lent-runs.ts';
import type { Result } from './own-peer.ts';
import { flipBit, ownPeer } from './own-peer.ts';

let place: Workplace;
let config: string;
let digest: string;
beforeAll(async () => {
  place = createWorkplace();
  config = place.config('many-nodes.json', manyNodes);
  digest = digestIn(await succeed(['train', config, '--out', place.path('threads')]));
});
afterAll(() => {
  killAll();
  place.remove();
});

const lendAs = (name: string, ...flags: readonly string[]) =>
  lend([config, '--out', place.path(name), '--share', 'always', '--threads', '0', ...flags]);

/** Says the truth so many times, and then one thing that is not true. */
const lieAfter = (truths: number, lie: (result: Result) => Result) => {
  let said = 0;
  return (result: Result) => (said++ === truths ? lie(result) : result);
};

describe('a worker that changes one bit', () => {
  it.each([
    ['of its first gradient', 0, flipBit, []],
    ['of its fifth gradient', 4, (result: Result) => flipBit(result, 7), []],
    ['of its loss', 2, (result: Result) => ({ ...result, lossBits: result.lossBits ^ 1 }), []],
    ['of its count', 1, (result: Result) => ({ ...result, correct: result.correct ^ 1 }), []],
    ['of a gradient long after, where all are audited', 60, flipBit, ['--audit', '1']],
  ] as const)(
    '%s is banned, and the weights are those of the threads alone',
    async (name, truths, lie, flags) => {
      const run = await lendAs(name.replaceAll(' ', '-'), ...flags);
      const liar = ownPeer(run.url, { change: lieAfter(truths, lie) });
      liar.start();
      const last = await liar.seen(({ phase }) => phase === 'refused');
      expect(last.problem).toBe('A result of this worker was wrong, so it may not take part any more.');
      expect((await run.said(/^Worker 1 sent wrong bits for node .+$/m))[0]).toMatch(/It is banned/);
      // Nothing is left of it: the step that it lied in is done again, by somebody else.
      joining(run.url);
      expect(await run.digest()).toBe(digest);
    },
  );

  it('is banned for ever, whatever it shows', async () => {
    const run = await lendAs('for-ever');
    const liar = ownPeer(run.url, { change: (result) => flipBit(result) });
    liar.start();
    const first = await liar.seen(({ phase }) => phase === 'refused');
    // The secret of its first life is still there.
    liar.start();
    const second = await liar.seen(({ phase }) => phase === 'refused');
    expect(second.contribution.computed).toBe(first.contribution.computed);
    joining(run.url);
    expect(await run.digest()).toBe(digest);
  });
});

it('A worker with the token is trusted, and one that says that a finite sum is not is found out', async () => {
  const run = await lendAs('trusted', '--token', 'secret');
  const liar = ownPeer(run.url, { change: () => ({ kind: 'notFinite', computeUs: 1 }) });
  liar.start();
  await liar.seen(({ phase }) => phase === 'refused');
  const honest = ownPeer(run.url);
  honest.start();
  expect(await run.digest()).toBe(digest);
  const { stderr } = await run.ended;
  expect(stderr.match(/It is banned/g)).toHaveLength(1);
});
