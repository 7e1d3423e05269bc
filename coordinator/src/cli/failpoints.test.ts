import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../checkpoint/file-system.ts';
import { withFailpoint } from './failpoints.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hivegrad-failpoints-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const die = () => {
  throw new Error('died');
};
const failing = (value: string) => withFailpoint(nodeFileSystem, value, die);
const path = (name: string) => join(directory, name);
const bytes = new TextEncoder().encode('abcdef');

describe('withFailpoint', () => {
  it('leaves the file system as it is where none is asked for', () => {
    expect(withFailpoint(nodeFileSystem, undefined, die)).toBe(nodeFileSystem);
    expect(withFailpoint(nodeFileSystem, '', die)).toBe(nodeFileSystem);
  });

  it('dies at the given call of its kind, before it or after it', async () => {
    for (const [when, left] of [
      ['before', ['x', 'y']],
      ['after', ['y']],
    ] as const) {
      const fs = failing(`${when} unlink:2`);
      for (const name of ['w', 'x', 'y']) writeFileSync(path(name), '');
      await fs.unlink(path('w'));
      await expect(fs.unlink(path('x'))).rejects.toThrow('died');
      expect(await fs.readdir(directory)).toEqual(left);
    }
  });

  it('counts the calls on matching paths only', async () => {
    const fs = failing('before mkdir /b:1');
    await fs.mkdir(path('a'));
    await expect(fs.mkdir(path('b'))).rejects.toThrow('died');
  });

  it('leaves half of a write during which it dies', async () => {
    const file = await failing('during write:2').open(path('a'), 'write');
    await file.write(bytes);
    await expect(file.write(bytes)).rejects.toThrow('died');
    expect(readFileSync(path('a'), 'utf8')).toBe('abcdefabc');
    await file.close();
  });

  it('refuses a value that names no point', () => {
    for (const value of ['rename', 'after rename', 'after move:1', 'during rename:1', 'before write:0']) {
      expect(() => failing(value)).toThrow(/Unset it, or write e\.g\. "after rename step-:3"/);
    }
  });
});
