import { expect, it } from 'vitest';
import { step } from './machine.ts';
import type { Finished } from './state.ts';
import { initialState } from './state.ts';

const plan = { agent: 'node', cacheId: '01'.repeat(16), rowBytesMax: 0 } as const;

/** The result of a node that waits to be sent. */
const finished = (index: number): Finished => ({
  node: { step: 0, level: 0, index },
  version: 0,
  samples: 1,
  extra: undefined,
  outcome: { kind: 'notFinite', computeUs: 1 },
});

it('Of the results that lost connections left behind the last eight are kept', () => {
  const outbox = [1, 2, 3, 4].map(finished);
  let state = initialState({ threads: 1, lanes: 1 });
  for (let lost = 0; lost < 3; lost++) {
    const before = { ...state, phase: 'serving' as const, outbox };
    state = step(
      plan,
      before,
      { type: 'closed', code: 1006 },
      { nowMs: 0, chance: 0, bufferedBytes: 0 },
    ).state;
  }
  expect(state.outbox).toEqual([]);
  expect(state.kept).toHaveLength(8);
});
