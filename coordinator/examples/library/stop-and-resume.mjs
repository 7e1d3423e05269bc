/** Stops a training from its events, goes on with another number of threads, and comes to the same weights. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train } from 'hivegrad';
import { iris } from './iris.mjs';

const directory = await mkdtemp(join(tmpdir(), 'hivegrad-example-'));
const whole = await train(iris, { threads: 1 }).result;

const out = join(directory, 'run');
const stop = new AbortController();
const begun = train(iris, { out, threads: 1, signal: stop.signal });
for await (const event of begun) {
  if (event.type === 'metrics' && event.record.kind === 'epoch' && event.record.epoch === 10) stop.abort();
}
const { outcome } = await begun.result;

const resumed = await train(undefined, { resume: out, threads: 2 }).result;
console.log(`${outcome}, then ${resumed.outcome} at step ${resumed.step}`);
console.log(`the same weights: ${resumed.weightsDigest === whole.weightsDigest}`);
await rm(directory, { recursive: true });
