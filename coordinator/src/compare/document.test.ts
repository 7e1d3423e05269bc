import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@hivegrad/shared/errors';
import { describe, expect, it } from 'vitest';
import { base, comparisonOf, documentOf } from './comparison.test.support.ts';
import { readComparison, resolveComparison } from './document.ts';

/** The code and the sentence with which a comparison is refused. */
async function refusalOf(settings: object): Promise<string> {
  const error: unknown = await resolveComparison(documentOf(settings)).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw new Error(`not refused: ${String(error)}`);
  return `${error.code} ${error.message}`;
}

describe('a comparison', () => {
  it('takes its defaults for what it leaves out', async () => {
    expect(await comparisonOf()).toMatchObject({
      name: 'compare',
      strategies: ['sgd', 'minibatch', 'batch'],
      batchSizes: [1, 8, 32, 128, 1000, 'all'],
      learningRates: [0.1],
      learningRatePolicy: { type: 'fixed' },
      seeds: [1, 2, 3],
      epochs: 5,
      base: { epochs: 5, model: base.model },
    });
  });

  it('finds the base beside itself where it is a path, and leaves its batch and shard out', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hivegrad-compare-'));
    try {
      writeFileSync(join(directory, 'base.json'), JSON.stringify({ ...base, batchSize: 2, shardSize: 2 }));
      writeFileSync(join(directory, 'mine.json'), JSON.stringify({ base: 'base.json' }));
      const { comparison } = await readComparison(join(directory, 'mine.json'));
      expect(comparison.name).toBe('mine');
      expect(comparison.base).toEqual({ ...(await comparisonOf()).base, name: 'base' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('of the examples says what it says it does', async () => {
    const example = fileURLToPath(new URL('../../examples/compare-mnist.json', import.meta.url));
    const { comparison, notices } = await readComparison(example);
    expect(notices).toEqual([]);
    expect(comparison).toMatchObject({
      name: 'compare-mnist',
      base: { data: { kind: 'mnist' } },
      seeds: [1, 2, 3],
    });
  });

  it('counts an entry once that is named twice, and says so', async () => {
    const resolution = await resolveComparison(documentOf({ base, seeds: [4, 4, 5] }));
    expect(resolution.comparison.seeds).toEqual([4, 5]);
    expect(resolution.notices).toContain('seeds names an entry twice; it counts once.');
  });
});

describe('a comparison is refused in a sentence', () => {
  it.each([
    [
      'for an empty axis',
      { seeds: [], strategies: [] },
      'COMPARE_EMPTY compare.json: there is nothing to compare, for strategies and seeds are empty; give at least one ' +
        'entry, or leave the key out.',
    ],
    [
      'for a misspelt key',
      { batchSize: [1] },
      'COMPARE_INVALID compare.json: batchSize is not a setting; did you mean batchSizes?',
    ],
    [
      'for a strategy that does not exist',
      { strategies: ['minibach'] },
      'COMPARE_INVALID compare.json: strategies[0] must be one of "minibatch", "batch", "sgd", but is "minibach"; did you ' +
        'mean "minibatch"?',
    ],
    [
      'for a key of a policy that does not exist',
      { learningRatePolicy: { type: 'linear', referenceBatch: 3 } },
      'COMPARE_INVALID compare.json: learningRatePolicy.referenceBatch is not a setting; did you mean referenceBatchSize?',
    ],
    [
      'for a search without a validation part',
      { learningRatePolicy: { type: 'search', factors: [1] } },
      'COMPARE_INVALID compare.json: learningRatePolicy "search" needs a validation part to judge by; set ' +
        'base.validationFraction, e.g. to 0.1',
    ],
    [
      'for an accuracy that is no share',
      { target: { metric: 'testAccuracy', value: 95 } },
      'COMPARE_INVALID compare.json: target.value must be a share above 0 and at most 1, e.g. 0.95, but is 95',
    ],
    [
      'for early stopping',
      { base: { ...base, validationFraction: 0.1, earlyStopping: {} } },
      'COMPARE_INVALID compare.json: base.earlyStopping must be null: cells that end at different epochs cannot be laid ' +
        'over each other',
    ],
    [
      'for an accuracy of a loss that counts none',
      {
        base: { ...base, model: { ...base.model, loss: 'squaredError' } },
        target: { metric: 'testAccuracy', value: 0.9 },
      },
      'COMPARE_INVALID compare.json: target.metric is "testAccuracy", but squaredError counts no correct answers; use ' +
        '"testLoss"',
    ],
    [
      'for a base that is none',
      { base: { ...base, model: undefined } },
      'CONFIG_INVALID compare.json, base: model is missing; say which network to train, e.g. "model": {"layers": [{"type": ' +
        '"dense", "units": 128, "activation": "relu"}, {"type": "dense", "units": 10}]}',
    ],
  ])('%s', async (_why, settings, sentence) => {
    expect(await refusalOf({ base, ...settings })).toBe(sentence);
  });

  it('naming all problems at once', async () => {
    expect(await refusalOf({ base, epochs: 0, budgetSeconds: -1 })).toBe(
      'COMPARE_INVALID compare.json has 2 problems:\n  - epochs must be at least 1, but is 0\n' +
        '  - budgetSeconds must be greater than 0, but is -1',
    );
  });
});
