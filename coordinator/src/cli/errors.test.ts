import { DivergenceError, UserError } from '@hivegrad/shared/errors';
import { describe, expect, it } from 'vitest';
import { describeError, exitCodeOf } from './errors.ts';

describe('exitCodeOf', () => {
  it('tells bad input, divergence and bugs apart', () => {
    const thrown = [
      new UserError('DATA_EMPTY', 'x.'),
      new DivergenceError(7, 'x.'),
      new TypeError('x'),
      'x',
      undefined,
    ];
    expect(thrown.map(exitCodeOf)).toEqual([2, 3, 1, 1, 1]);
  });
});

describe('describeError', () => {
  it('shows code and sentence of bad input and no stack', () => {
    const error = new UserError('CONFIG_INVALID', 'a.json: epochs must be at least 1.', {
      cause: new Error('inner'),
    });
    expect(describeError(error)).toBe('Error CONFIG_INVALID: a.json: epochs must be at least 1.');
  });

  it('shows the sentence of a divergence', () => {
    expect(describeError(new DivergenceError(7, 'The loss is not finite at step 8.'))).toBe(
      'Diverged: The loss is not finite at step 8.',
    );
  });

  it('shows stack and causes of a bug and asks for a report', () => {
    const text = describeError(new TypeError('outer', { cause: new Error('inner') }));
    expect(text).toMatch(/^TypeError: outer\n\s+at .*errors\.test\.ts/);
    expect(text).toMatch(/cause\]: Error: inner/);
    expect(text).toMatch(/This is a bug in hivegrad\. Please report it/);
  });

  it('survives values that are no errors', () => {
    expect(describeError(undefined)).toMatch(/^undefined\nThis is a bug/);
    expect(describeError(Object.create(null))).toMatch(/This is a bug/);
  });
});
