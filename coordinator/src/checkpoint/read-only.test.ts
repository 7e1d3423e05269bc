import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bytesOf, latestStep } from './checkpoint.test.support.ts';
import { nodeFileSystem } from './file-system.ts';
import { readOnly } from './read-only.ts';
import { openStore } from './store.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hivegrad-read-only-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('leaves the file that another process is writing where it is', async () => {
  const names = ['step-3.safetensors', 'step-4.safetensors.tmp'];
  for (const name of names) writeFileSync(join(directory, name), bytesOf(3));
  const store = await openStore(directory, readOnly(nodeFileSystem));
  expect(await latestStep(store)).toBe(3);
  expect(readdirSync(directory).sort()).toEqual(names);
});

it('creates no directory for checkpoints, and finds none there', async () => {
  const store = await openStore(join(directory, 'checkpoints'), readOnly(nodeFileSystem));
  await expect(latestStep(store)).rejects.toMatchObject({ code: 'CHECKPOINT_MISSING' });
  expect(readdirSync(directory)).toEqual([]);
});

it('refuses to save', async () => {
  const store = await openStore(directory, readOnly(nodeFileSystem));
  await expect(store.save(1, bytesOf(1))).rejects.toThrow('for reading');
  expect(readdirSync(directory)).toEqual([]);
});
