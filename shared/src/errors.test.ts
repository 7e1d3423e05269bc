import { expect, it } from 'vitest';
import { UserError } from './errors.ts';

it('keeps the code, the sentence and the cause of a user error', () => {
  const cause = new Error('EACCES');
  const error = new UserError('RUN_NOT_WRITABLE', 'Cannot write to runs/a. Choose another --out.', { cause });
  expect([error.code, error.message, error.cause, error.name]).toEqual([
    'RUN_NOT_WRITABLE',
    'Cannot write to runs/a. Choose another --out.',
    cause,
    'UserError',
  ]);
});
