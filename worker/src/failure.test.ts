import { expect, it } from 'vitest';
import { createFailure } from './failure.ts';

it('settles as the work does while nothing has failed', async () => {
  const { orFailure } = createFailure();
  expect(await orFailure(Promise.resolve(5))).toBe(5);
  await expect(orFailure(Promise.reject(new Error('work')))).rejects.toThrow('work');
});

it('rejects what waits and what comes later with what failed first', async () => {
  const { fail, orFailure } = createFailure();
  const never = new Promise<never>(() => {});
  const waits = orFailure(never);
  fail(new Error('first'));
  fail(new Error('second'));
  await expect(waits).rejects.toThrow('first');
  await expect(orFailure(never)).rejects.toThrow('first');
});
