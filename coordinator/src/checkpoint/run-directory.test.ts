import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interceptedFileSystem, systemError } from './faulty-file-system.test.support.ts';
import { nodeFileSystem } from './file-system.ts';
import { createRun, readRunConfig, resumeRun } from './run-directory.ts';

let parent: string;
let directory: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'hivegrad-run-'));
  directory = join(parent, 'runs', 'a');
});
afterEach(() => rm(parent, { recursive: true }));

const config = { name: 'a', batchSize: 64 };

describe('createRun', () => {
  it('makes the directory, writes the configuration and holds the lock until it is closed', async () => {
    const run = await createRun(directory, { config });
    expect(run).toMatchObject({
      directory,
      config,
      checkpointDirectory: join(directory, 'checkpoints'),
      metricsPath: join(directory, 'metrics.jsonl'),
    });
    expect((await readdir(directory)).sort()).toEqual(['config.json', 'run.lock']);
    expect(await readFile(join(directory, 'config.json'), 'utf8')).toBe(
      '{\n  "name": "a",\n  "batchSize": 64\n}\n',
    );
    await run.close();
    expect(await readdir(directory)).toEqual(['config.json']);
  });

  it('refuses a directory in which another run is being trained, even by force', async () => {
    await createRun(directory, { config });
    for (const force of [false, true]) {
      await expect(createRun(directory, { config, force })).rejects.toMatchObject({ code: 'RUN_IN_USE' });
    }
    await expect(resumeRun(directory)).rejects.toMatchObject({ code: 'RUN_IN_USE' });
  });

  it('refuses an earlier run and points to resume and force', async () => {
    await (await createRun(directory, { config })).close();
    await expect(createRun(directory, { config })).rejects.toMatchObject({
      code: 'RUN_NOT_EMPTY',
      message: expect.stringMatching(/a is not empty.*resume.*force/),
    });
    expect(await readdir(directory)).toEqual(['config.json']);
  });

  it('refuses a directory with foreign files, and leaves no lock in it', async () => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'thesis.tex'), 'x');
    await expect(createRun(directory, { config })).rejects.toMatchObject({ code: 'RUN_NOT_EMPTY' });
    expect(await readdir(directory)).toEqual(['thesis.tex']);
  });

  it('replaces a run by force without touching foreign files', async () => {
    await (await createRun(directory, { config })).close();
    const checkpoints = join(directory, 'checkpoints');
    await mkdir(checkpoints);
    for (const name of ['metrics.jsonl', 'metrics.csv', 'ledger.jsonl', 'report.html', 'notes.txt']) {
      await writeFile(join(directory, name), 'x');
    }
    for (const name of ['step-5.safetensors', 'step-6.safetensors.tmp', 'mine.safetensors']) {
      await writeFile(join(checkpoints, name), 'x');
    }
    const run = await createRun(directory, { config: { name: 'b' }, force: true });
    expect(await readRunConfig(directory)).toEqual({ name: 'b' });
    await run.close();
    expect((await readdir(directory)).sort()).toEqual(['checkpoints', 'config.json', 'notes.txt']);
    expect(await readdir(checkpoints)).toEqual(['mine.safetensors']);
  });

  it('starts in a directory that a process left which was killed before it had created its run', async () => {
    await mkdir(directory, { recursive: true });
    const dead = { host: hostname(), pid: process.pid, started: '0', token: 'dead'.repeat(4) };
    await writeFile(join(directory, 'run.lock'), JSON.stringify(dead));
    await writeFile(join(directory, `run.lock.${'beef'.repeat(4)}.tmp`), '');
    await writeFile(join(directory, 'config.json.tmp'), '{');
    await (await createRun(directory, { config })).close();
    expect(await readRunConfig(directory)).toEqual(config);
  });

  it('says that a part of the path is a file', async () => {
    await writeFile(join(parent, 'file'), 'x');
    for (const path of [join(parent, 'file'), join(parent, 'file', 'run')]) {
      await expect(createRun(path, { config })).rejects.toMatchObject({
        code: 'RUN_NOT_WRITABLE',
        message: expect.stringContaining('is a file where a directory is needed'),
      });
    }
  });

  it.each([
    ['EROFS', 'RUN_NOT_WRITABLE'],
    ['EACCES', 'RUN_NOT_WRITABLE'],
    ['ENOSPC', 'DISK_FULL'],
  ])(
    'says %s with the directory at whichever call it comes, and leaves no half run',
    async (system, code) => {
      const calls: string[] = [];
      await mkdir(directory, { recursive: true });
      const recording = interceptedFileSystem(nodeFileSystem, (_, name) => void calls.push(name));
      await createRun(directory, { config, fs: recording });
      expect(calls).toContain('rename');
      for (const [failing, callName] of calls.entries()) {
        // Temporary files that cannot be removed are no reason to stop.
        if (callName === 'unlink') continue;
        const path = join(parent, 'runs', `b${failing}`);
        await mkdir(path);
        const fs = interceptedFileSystem(nodeFileSystem, (call) => {
          if (call === failing) throw systemError(system);
        });
        const message = expect.stringContaining(path);
        await expect(createRun(path, { config, fs })).rejects.toMatchObject({ code, message });
        const left = await readdir(path);
        expect(left.filter((name) => name !== 'config.json')).toEqual([]);
        if (left.length > 0) expect(await readRunConfig(path)).toEqual(config);
      }
    },
  );
});

describe('resumeRun', () => {
  it('gives the configuration that the run was created with', async () => {
    await (await createRun(directory, { config })).close();
    const run = await resumeRun(directory);
    expect(run.config).toEqual(config);
    await run.close();
    expect(await readdir(directory)).toEqual(['config.json']);
  });

  it('refuses what is no run, and leaves no lock in it', async () => {
    for (const path of [parent, join(parent, 'absent')]) {
      await expect(resumeRun(path)).rejects.toMatchObject({
        code: 'RUN_NOT_A_RUN',
        message: `${path} is not a run: there is no file config.json in it. Name the directory of an earlier run.`,
      });
    }
    expect(await readdir(parent)).toEqual([]);
  });

  it('names a configuration that is not JSON', async () => {
    await writeFile(join(parent, 'config.json'), '{"name":');
    await expect(resumeRun(parent)).rejects.toMatchObject({
      code: 'RUN_NOT_A_RUN',
      message: expect.stringContaining('config.json in it is not JSON'),
    });
  });
});
