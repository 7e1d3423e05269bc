/** What a visitor loads, kernels included. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { pageDirectory } from './visit.ts';

const GZIPPED_BYTES_MAX = 150_000;

it('is below 150 KB with everything in it', () => {
  const files = readdirSync(pageDirectory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(files.filter(({ name }) => name.endsWith('.wasm'))).toHaveLength(1);
  expect(files.filter(({ name }) => name.includes('.worker-'))).toHaveLength(2);
  const bytes = files.map(({ parentPath, name }) => gzipSync(readFileSync(join(parentPath, name))).length);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(GZIPPED_BYTES_MAX);
});
