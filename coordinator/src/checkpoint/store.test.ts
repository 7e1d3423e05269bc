import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, latestStep } from './checkpoint.test.support.ts';
import { interceptedFileSystem, systemError } from './faulty-file-system.test.support.ts';
import { nodeFileSystem } from './file-system.ts';
import { decodeCheckpoint } from './format.ts';
import { openStore } from './store.ts';

describe('a store on a real disk', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hivegrad-store-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('gives back the newest checkpoint, and keeps two', async () => {
    const store = await openStore(join(directory, 'a', 'checkpoints'), nodeFileSystem);
    for (const step of [9, 10, 100]) await store.save(step, bytesOf(step));
    expect(await store.steps()).toEqual([10, 100]);
    expect(await latestStep(store)).toBe(100);
    expect((await readdir(join(directory, 'a', 'checkpoints'))).sort()).toEqual([
      'step-10.safetensors',
      'step-100.safetensors',
    ]);
  });

  it('keeps as many as it is told and those that are pinned', async () => {
    const store = await openStore(directory, nodeFileSystem, { keep: 3 });
    for (let step = 0; step < 7; step++) await store.save(step, bytesOf(step), [0, 2]);
    expect(await store.steps()).toEqual([0, 2, 4, 5, 6]);
    await store.save(7, bytesOf(7));
    expect(await store.steps()).toEqual([5, 6, 7]);
  });

  it('names damaged checkpoints and goes on with the newest whole one', async () => {
    const store = await openStore(directory, nodeFileSystem, { keep: 3 });
    for (const step of [1, 2, 3]) await store.save(step, bytesOf(step));
    await writeFile(store.path(3), bytesOf(3).subarray(0, 100));
    await writeFile(store.path(2), '');
    const latest = await store.latest(decodeCheckpoint);
    expect(latest).toMatchObject({ step: 1, path: store.path(1) });
    expect(latest.damaged.map(({ step, path, error }) => [step, path, error.code])).toEqual([
      [3, store.path(3), 'CHECKPOINT_DAMAGED'],
      [2, store.path(2), 'CHECKPOINT_DAMAGED'],
    ]);
    expect(latest.damaged[0]?.error.message).toContain(`${store.path(3)} is damaged: `);
  });

  it('counts a directory in the place of a checkpoint as damaged', async () => {
    const store = await openStore(directory, nodeFileSystem);
    await store.save(1, bytesOf(1));
    await nodeFileSystem.mkdir(store.path(2));
    expect(await store.latest(decodeCheckpoint)).toMatchObject({ step: 1, damaged: [{ step: 2 }] });
  });

  it('says that there is no checkpoint, or that none is whole', async () => {
    const store = await openStore(directory, nodeFileSystem);
    await expect(store.latest(decodeCheckpoint)).rejects.toMatchObject({ code: 'CHECKPOINT_MISSING' });
    await expect(store.read(5, decodeCheckpoint)).rejects.toMatchObject({ code: 'CHECKPOINT_MISSING' });
    await writeFile(store.path(4), 'x');
    await expect(store.latest(decodeCheckpoint)).rejects.toMatchObject({
      code: 'CHECKPOINT_DAMAGED',
      message: expect.stringContaining(store.path(4)),
    });
  });

  it('does not take an error of the decoder that is not about damage for damage', async () => {
    const store = await openStore(directory, nodeFileSystem);
    await store.save(1, bytesOf(1));
    const differs = new UserError('CHECKPOINT_DIFFERS', 'other network');
    const decode = (): never => {
      throw differs;
    };
    await expect(store.latest(decode)).rejects.toBe(differs);
  });

  it('removes its own leftovers when it is opened, and nothing else', async () => {
    for (const name of [
      'step-3.safetensors.tmp',
      'notes.tmp',
      'step-03.safetensors',
      'step-2.safetensors.bak',
    ]) {
      await writeFile(join(directory, name), 'x');
    }
    const store = await openStore(directory, nodeFileSystem);
    expect((await readdir(directory)).sort()).toEqual([
      'notes.tmp',
      'step-03.safetensors',
      'step-2.safetensors.bak',
    ]);
    expect(await store.steps()).toEqual([]);
  });

  it('removes abandoned later checkpoints, so that they are neither found nor counted', async () => {
    const store = await openStore(directory, nodeFileSystem, { keep: 4 });
    for (const step of [1, 2, 3, 4]) await store.save(step, bytesOf(step));
    await store.removeAfter(2);
    expect(await store.steps()).toEqual([1, 2]);
    expect(await latestStep(store)).toBe(2);
  });

  it('saves one after the other when it is called twice at once, even for the same step', async () => {
    const store = await openStore(directory, nodeFileSystem);
    await Promise.all([1, 2, 2, 3].map((step) => store.save(step, bytesOf(step))));
    expect(await store.steps()).toEqual([2, 3]);
    expect(await latestStep(store)).toBe(3);
  });

  it('passes every failpoint in order, and an earlier checkpoint survives a stop at each of them', async () => {
    const names: string[] = [];
    const quiet = await openStore(directory, nodeFileSystem, { onFailpoint: (name) => names.push(name) });
    await quiet.save(1, bytesOf(1));
    expect(names).toEqual([
      'before write',
      'after write',
      'before fsync',
      'after fsync',
      'before rename',
      'after rename',
      'before directory fsync',
      'after directory fsync',
    ]);
    for (const stop of names) {
      const onFailpoint = (name: string): void => {
        if (name === stop) throw new Error(stop);
      };
      const store = await openStore(directory, nodeFileSystem, { onFailpoint });
      await expect(store.save(2, bytesOf(2))).rejects.toThrow(stop);
      expect(await latestStep(store)).toBe(names.indexOf(stop) < names.indexOf('after rename') ? 1 : 2);
      await store.removeAfter(1);
    }
  });

  it('refuses to keep fewer than two', async () => {
    await expect(openStore(directory, nodeFileSystem, { keep: 1 })).rejects.toThrow(RangeError);
  });
});

describe('a store on a disk that fails', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hivegrad-store-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it.each([
    ['ENOSPC', 'DISK_FULL', 'no space left'],
    ['EDQUOT', 'DISK_FULL', 'no space left'],
    ['EROFS', 'RUN_NOT_WRITABLE', 'read-only'],
    ['EACCES', 'RUN_NOT_WRITABLE', 'permission'],
    ['EMFILE', 'TOO_MANY_FILES', 'ulimit -n'],
    ['EIO', 'DISK_FAILED', 'input/output error'],
  ])('says %s with path and remedy, whichever call of a save fails', async (system, code, sentence) => {
    let armed: number | undefined;
    let calls = 0;
    const fs = interceptedFileSystem(nodeFileSystem, () => {
      if (armed !== undefined && calls++ === armed) throw systemError(system);
    });
    const store = await openStore(directory, fs);
    await store.save(1, bytesOf(1));
    // open, write, fsync, rename, fsyncDirectory
    for (let call = 0; call < 5; call++) {
      calls = 0;
      armed = call;
      await expect(store.save(2, bytesOf(2))).rejects.toMatchObject({
        code,
        message: expect.stringMatching(new RegExp(`^Cannot use .*${store.path(2)}: .*${sentence}`)),
      });
      armed = undefined;
      expect(await readdir(directory)).not.toContain('step-2.safetensors.tmp');
      // Only the last call comes after the rename.
      expect(await latestStep(store)).toBe(call < 4 ? 1 : 2);
    }
  });

  it('leaves a half-written file neither under its name nor under that of the temporary file', async () => {
    const half: typeof nodeFileSystem = {
      ...nodeFileSystem,
      async open(path, mode) {
        const file = await nodeFileSystem.open(path, mode);
        return {
          ...file,
          async write(bytes) {
            await file.write(bytes.subarray(0, bytes.length / 2));
            throw systemError('ENOSPC');
          },
        };
      },
    };
    await (await openStore(directory, nodeFileSystem)).save(1, bytesOf(1));
    await expect((await openStore(directory, half)).save(2, bytesOf(2))).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect(await readdir(directory)).toEqual(['step-1.safetensors']);
  });

  it('says that the directory is gone when it was deleted meanwhile', async () => {
    const store = await openStore(join(directory, 'checkpoints'), nodeFileSystem);
    await rm(join(directory, 'checkpoints'), { recursive: true });
    await expect(store.save(1, bytesOf(1))).rejects.toMatchObject({
      code: 'RUN_NOT_WRITABLE',
      message: expect.stringContaining('its directory does not exist'),
    });
  });

  it('does not take too many open files for a damaged checkpoint', async () => {
    await (await openStore(directory, nodeFileSystem)).save(1, bytesOf(1));
    const fs = interceptedFileSystem(nodeFileSystem, (_, name) => {
      if (name === 'readFile') throw systemError('EMFILE');
    });
    const store = await openStore(directory, fs);
    await expect(store.latest(decodeCheckpoint)).rejects.toMatchObject({ code: 'TOO_MANY_FILES' });
  });

  it('goes on after a failed save with the next one', async () => {
    let fail = true;
    const fs = interceptedFileSystem(nodeFileSystem, (_, name) => {
      if (fail && name === 'write') throw systemError('ENOSPC');
    });
    const store = await openStore(directory, fs);
    await expect(store.save(1, bytesOf(1))).rejects.toMatchObject({ code: 'DISK_FULL' });
    fail = false;
    await store.save(2, bytesOf(2));
    expect(await store.steps()).toEqual([2]);
  });
});
