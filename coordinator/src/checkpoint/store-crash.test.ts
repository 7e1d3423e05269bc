import { UserError } from '@hivegrad/shared/errors';
import { describe, expect, it } from 'vitest';
import { bytesOf, latestStep } from './checkpoint.test.support.ts';
import {
  type CrashFileSystem,
  crashFileSystem,
  crashStates,
  type Image,
  type Operation,
} from './crash-file-system.test.support.ts';
import { openStore } from './store.ts';

/** A disk on which the checkpoints of these steps are safe. */
async function diskWith(steps: readonly number[]): Promise<Image> {
  const fs = crashFileSystem(new Map([['/', null]]));
  const store = await openStore('/run/checkpoints', fs);
  for (const step of steps) await store.save(step, bytesOf(step));
  const [settled] = crashStates(fs.initial, fs.operations.slice(0, lastSync(fs.operations) + 1));
  if (settled === undefined) throw new Error('a state expected');
  return settled;
}

function lastSync(operations: readonly Operation[]): number {
  return operations.findLastIndex(({ kind }) => kind === 'fsyncDirectory');
}

/** What `latest` finds on a disk after a crash; undefined where it finds nothing. */
async function recovered(image: Image): Promise<{ step: number | undefined; fs: CrashFileSystem }> {
  const fs = crashFileSystem(image);
  const store = await openStore('/run/checkpoints', fs);
  try {
    return { step: await latestStep(store), fs };
  } catch (error) {
    if (error instanceof UserError && error.code.startsWith('CHECKPOINT')) return { step: undefined, fs };
    throw error;
  }
}

/** The steps found after a power cut at the end of `operations`, over all states of the disk. */
async function stepsAfterCrash(
  initial: Image,
  operations: readonly Operation[],
): Promise<Set<number | undefined>> {
  const found = new Set<number | undefined>();
  for (const state of crashStates(initial, operations)) found.add((await recovered(state)).step);
  return found;
}

/** Saves step 3 on a disk that holds 1 and 2. */
async function recordSave(): Promise<{ initial: Image; operations: readonly Operation[] }> {
  const initial = await diskWith([1, 2]);
  const fs = crashFileSystem(initial);
  await (await openStore('/run/checkpoints', fs)).save(3, bytesOf(3));
  return { initial, operations: fs.operations };
}

describe('a store on a disk that loses power', () => {
  it('finds the old or the new checkpoint after a crash at any operation of a save', async () => {
    const { initial, operations } = await recordSave();
    expect(operations.map(({ kind }) => kind)).toEqual([
      'fsyncDirectory',
      'create',
      'write',
      'fsync',
      'rename',
      'fsyncDirectory',
      'unlink',
      'fsyncDirectory',
    ]);
    for (let end = 0; end <= operations.length; end++) {
      const found = await stepsAfterCrash(initial, operations.slice(0, end));
      const renamed = end > 4;
      const durable = end > 5;
      const expected = durable ? [3] : renamed ? [2, 3] : [2];
      expect([end, [...found].sort()]).toEqual([end, expected]);
    }
  });

  it('finds the same again when recovery itself is cut at any operation', async () => {
    const { initial, operations } = await recordSave();
    for (let end = 0; end <= operations.length; end++) {
      for (const state of crashStates(initial, operations.slice(0, end))) {
        const { step, fs } = await recovered(state);
        for (let cut = 1; cut <= fs.operations.length; cut++) {
          expect(await stepsAfterCrash(state, fs.operations.slice(0, cut))).toEqual(new Set([step]));
        }
      }
    }
  });

  it('keeps the first checkpoint, with its directories, from the end of its save on', async () => {
    const fs = crashFileSystem();
    await (await openStore('/run/checkpoints', fs)).save(0, bytesOf(0));
    expect(await stepsAfterCrash(fs.initial, fs.operations)).toEqual(new Set([0]));
  });

  it('finds a whole checkpoint when a save replaces one of the same step', async () => {
    const initial = await diskWith([2]);
    const fs = crashFileSystem(initial);
    await (await openStore('/run/checkpoints', fs)).save(2, bytesOf(2));
    for (let end = 0; end <= fs.operations.length; end++) {
      expect(await stepsAfterCrash(initial, fs.operations.slice(0, end))).toEqual(new Set([2]));
    }
  });

  it('does not find an abandoned checkpoint once its removal has ended', async () => {
    const initial = await diskWith([1, 2]);
    const fs = crashFileSystem(initial);
    await (await openStore('/run/checkpoints', fs)).removeAfter(1);
    expect(await stepsAfterCrash(initial, fs.operations)).toEqual(new Set([1]));
  });

  it.each<Operation['kind']>(['fsync', 'fsyncDirectory'])(
    'would lose a saved checkpoint without %s',
    async (kind) => {
      const { initial, operations } = await recordSave();
      const unsafe = operations.filter((operation) => operation.kind !== kind);
      expect(await stepsAfterCrash(initial, unsafe)).not.toEqual(new Set([3]));
    },
  );
});
