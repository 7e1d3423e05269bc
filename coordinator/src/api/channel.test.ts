import { describe, expect, it } from 'vitest';
import type { Channel } from './channel.ts';
import { createChannel } from './channel.ts';

async function all<T>(channel: Channel<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of channel) values.push(value);
  return values;
}

describe('a channel', () => {
  it('gives in order what was pushed before and during an iteration, and ends', async () => {
    const channel = createChannel<number>();
    channel.push(1);
    const taken = all(channel);
    channel.push(2);
    await Promise.resolve();
    channel.push(3);
    channel.close();
    channel.push(4);
    expect(await taken).toEqual([1, 2, 3]);
    expect(await all(channel)).toEqual([]);
  });

  it('throws an error behind what is left, to every iteration', async () => {
    const channel = createChannel<number>();
    channel.push(1);
    channel.close({ error: undefined });
    const iteration = channel[Symbol.asyncIterator]();
    expect(await iteration.next()).toEqual({ value: 1, done: false });
    await expect(iteration.next()).rejects.toBeUndefined();
    await expect(all(channel)).rejects.toBeUndefined();
  });

  it('shares its values between two iterations and ends both, though both were waiting', async () => {
    const channel = createChannel<number>();
    const both = [all(channel), all(channel)];
    await Promise.resolve();
    for (let i = 0; i < 5; i++) channel.push(i);
    await Promise.resolve();
    channel.close();
    const taken = await Promise.all(both);
    expect(taken.flat().sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('goes on where an iteration that was left stood', async () => {
    const channel = createChannel<number>();
    for (let i = 0; i < 3; i++) channel.push(i);
    channel.close();
    for await (const value of channel) if (value === 0) break;
    expect(await all(channel)).toEqual([1, 2]);
  });

  it('replaces what nobody took by what makes it needless, and forgets the oldest beyond its bound', async () => {
    const replaces = (last: number, next: number) => last < 0 && next < 0;
    const channel = createChannel<number>({ replaces, waitingMax: 3 });
    for (const value of [1, -1, -2, 2, -3, -4]) channel.push(value);
    channel.close();
    expect(await all(channel)).toEqual([-2, 2, -4]);
  });
});
