import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Client, Raw, shape, startRig } from './server.test.support.ts';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'hivegrad-server-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function page(): string {
  const root = directory();
  const path = join(root, 'page');
  mkdirSync(join(path, 'assets'), { recursive: true });
  writeFileSync(join(path, 'index.html'), '<!doctype html><title>x</title>');
  writeFileSync(join(path, 'assets', 'main.js'), 'export {};');
  writeFileSync(join(path, 'kernels.wasm'), Buffer.from([0, 97, 115, 109]));
  writeFileSync(join(root, 'secret.txt'), 'secret');
  symlinkSync(join(root, 'secret.txt'), join(path, 'link.txt'));
  return path;
}

async function get(port: number, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, init);
}

describe('a request', () => {
  it('for health, the run and metrics is answered', async () => {
    const { server } = await startRig();
    expect(await (await get(server.port, '/healthz')).text()).toBe('ok\n');
    const run = await get(server.port, '/api/run?x=1');
    expect(run.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(run.headers.get('cache-control')).toBe('no-store');
    expect(await run.json()).toEqual({ step: 7 });
    expect(await (await get(server.port, '/metrics')).text()).toBe('hivegrad_step 7\n');
  });

  it('for the run needs the token where there is one', async () => {
    const { server } = await startRig({ token: 'abc' });
    for (const authorization of ['', 'Bearer abd', 'Basic abc', 'Bearer abc d']) {
      const reply = await get(server.port, '/api/run', { headers: { authorization } });
      expect([authorization, reply.status]).toEqual([authorization, 401]);
    }
    expect((await get(server.port, '/metrics')).status).toBe(401);
    const reply = await get(server.port, '/api/run', { headers: { authorization: 'Bearer abc' } });
    expect(await reply.json()).toEqual({ step: 7 });
    expect((await get(server.port, '/healthz')).status).toBe(200);
  });

  it('for the page gets its files with headers that allow nothing else', async () => {
    const { server } = await startRig({ page: page() });
    const index = await get(server.port, '/');
    expect(await index.text()).toBe('<!doctype html><title>x</title>');
    expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(index.headers.get('cache-control')).toBe('no-store');
    expect(index.headers.get('content-security-policy')).toContain(
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ws: wss:",
    );
    expect(index.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(index.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(index.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(index.headers.get('x-content-type-options')).toBe('nosniff');
    const wasm = await get(server.port, '/kernels.wasm');
    expect(wasm.headers.get('content-type')).toBe('application/wasm');
    expect(new Uint8Array(await wasm.arrayBuffer())).toEqual(new Uint8Array([0, 97, 115, 109]));
    const etag = wasm.headers.get('etag')!;
    const again = await get(server.port, '/kernels.wasm', { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    const head = await get(server.port, '/assets/main.js', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
  });

  it('cannot leave the directory of the page', async () => {
    const { server } = await startRig({ page: page() });
    for (const path of [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '//secret.txt',
      '/link.txt',
      '/assets',
      '/index.html%00',
      '/__proto__',
      '..\\secret.txt',
    ]) {
      const raw = new Raw(server.port);
      raw.socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const text = (await raw.received).toString();
      expect([path, text.slice(9, 12)]).toEqual([path, path.startsWith('/') ? '404' : '400']);
      expect(text).not.toContain('secret\n');
    }
  });

  it('of another kind or for nothing gets a sentence', async () => {
    const { server } = await startRig();
    const post = await get(server.port, '/api/run', { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await post.text()).toBe('Only GET and HEAD are understood here.\n');
    const none = await get(server.port, '/');
    expect([none.status, await none.text()]).toEqual([404, 'This run shows no page.\n']);
    expect((await get(server.port, '/socket')).status).toBe(426);
  });
});

describe('a server', () => {
  it.each([
    ['a port in use', (port: number) => ({ port }), 'LISTEN_PORT_IN_USE', /port \d+ of 127\.0\.0\.1/],
    ['an address of another machine', () => ({ host: '192.0.2.1' }), 'LISTEN_ADDRESS', /192\.0\.2\.1/],
    ['a port that is none', () => ({ port: 70_000 }), 'LISTEN_OPTION', /70000/],
    ['an origin with a path', () => ({ origins: ['http://a.b/c'] }), 'LISTEN_OPTION', /http:\/\/a\.b\/c/],
    ['a token with a space', () => ({ token: 'a b' }), 'LISTEN_OPTION', /token/],
    ['no page', () => ({ page: '/nowhere/page' }), 'LISTEN_PAGE', /\/nowhere\/page/],
    [
      'too large a model',
      () => ({ shape: { ...shape, parameters: 2 ** 27 + 1 } }),
      'LISTEN_OPTION',
      /parameters/,
    ],
    [
      'no certificate',
      () => ({ tls: { certificate: '/none.pem', key: '/none.key' } }),
      'LISTEN_CERTIFICATE',
      /none/,
    ],
  ])('with %s says so', async (_what, options, code, sentence) => {
    const { server } = await startRig();
    const start = startRig(options(server.port));
    await expect(start).rejects.toMatchObject({
      name: 'UserError',
      code,
      message: expect.stringMatching(sentence),
    });
  });

  it('behind a proxy believes what the proxy appends, and nothing without one', async () => {
    const address = async (trustProxy: boolean): Promise<string | undefined> => {
      const rig = await startRig({ trustProxy });
      const client = new Client(rig.server.port, { forwarded: '203.0.113.9, 198.51.100.7' });
      await client.greet();
      return [...rig.server.connections][0]?.address;
    };
    expect(await address(true)).toBe('198.51.100.7');
    expect(await address(false)).toBe('127.0.0.1');
  });
});
