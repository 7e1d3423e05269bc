/**
 * Lends a training to another process, as to another machine or to whoever opens the page in a browser. Here nobody else
 * computes, and the weights are those of two threads.
 */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { train } from 'hivegrad';
import { iris } from './iris.mjs';

const alone = await train(iris, { threads: 2 }).result;

const listen = { host: '127.0.0.1', port: 0, token: 'friends' };
const lent = train(iris, { threads: 0, listen });
const hivegrad = fileURLToPath(new URL('bin/hivegrad.mjs', import.meta.resolve('hivegrad/package.json')));
for await (const event of lent) {
  if (event.type !== 'listening') continue;
  spawn(process.execPath, [hivegrad, 'join', event.urls[0], '--threads', '1'], { stdio: 'ignore' });
}
const { step, weightsDigest } = await lent.result;
console.log(`${step} steps by another process`);
console.log(`the same weights: ${weightsDigest === alone.weightsDigest}`);
