/**
 * The files of the page, read once when the server starts. A request can only name one of them, so no path leads out
 * of the directory, and a build that runs beside a training changes nothing that its tabs see.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import type { Content } from './answers.ts';

const PAGE_BYTES_MAX = 67_108_864;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Path of a URL, such as `/assets/main.js`, to what is there; `/` is `/index.html`. */
export type Page = ReadonlyMap<string, Content>;

/** Reads all plain files under a directory; links are left out. Throws LISTEN_PAGE. */
export async function readPage(directory: string): Promise<Page> {
  const page = new Map<string, Content>();
  let total = 0;
  try {
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const bytes = await readFile(file);
      total += bytes.length;
      if (total > PAGE_BYTES_MAX) break;
      const path = file.slice(join(directory, sep).length).split(sep).join('/');
      page.set(`/${path}`, contentOf(entry.name, bytes));
    }
  } catch (error) {
    throw new UserError(
      'LISTEN_PAGE',
      `The page cannot be read from ${directory}. Build it again, or name another directory.`,
      { cause: error },
    );
  }
  const index = page.get('/index.html');
  if (index === undefined || total > PAGE_BYTES_MAX) {
    const problem = index === undefined ? 'has no index.html' : `holds more than ${PAGE_BYTES_MAX} bytes`;
    throw new UserError('LISTEN_PAGE', `${directory} ${problem}, so it is no page. Name the built one.`);
  }
  return page.set('/', index);
}

function contentOf(name: string, bytes: Buffer): Content {
  const extension = extname(name).toLowerCase();
  const type = types[extension] ?? 'application/octet-stream';
  if (extension === '.html') return { type, bytes };
  return { type, bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` };
}
