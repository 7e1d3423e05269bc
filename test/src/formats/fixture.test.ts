/** The committed checkpoint: a training writes its bytes on every machine, and PyTorch loads it. */

import { readFileSync } from 'node:fs';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { decodeCheckpoint } from 'hivegrad/checkpoint/format';
import { decodeSafetensors } from 'hivegrad/checkpoint/safetensors';
import { afterAll, describe, expect, it } from 'vitest';
import { benchNetwork } from '../support/bench-network.ts';
import { digestIn, killAll, succeed } from '../support/cli.ts';
import { checkpointsOf, createWorkplace } from '../support/files.ts';
import { askPython } from '../support/python.ts';
import { type Answer, fixtureChanges, fixturePath, recordedAnswer } from './fixture.ts';

const committed = readFileSync(fixturePath);
const recorded = recordedAnswer();
const live = askPython('forward.py', [fixturePath], JSON.stringify(recorded.rows)) as Answer | undefined;
const judges = [
  { name: `PyTorch ${recorded.torch}, recorded`, outputs: recorded.outputs },
  ...(live === undefined ? [] : [{ name: `PyTorch ${live.torch} of this machine`, outputs: live.outputs }]),
];

const place = createWorkplace();
afterAll(() => {
  killAll();
  place.remove();
});

it('is what a training writes, byte for byte', async () => {
  const run = place.path('run');
  const config = place.config('fixture.json', fixtureChanges);
  const printed = await succeed(['train', config, '--out', run, '--threads', '3']);
  const written = readFileSync(place.path('run', 'checkpoints', checkpointsOf(run).at(-1)!));
  // First what can be read, so that a difference has a name.
  expect(decodeSafetensors(written, 'written')).toEqual(decodeSafetensors(committed, 'committed'));
  expect(written.equals(committed)).toBe(true);
  expect(digestIn(printed)).toBe(decodeCheckpoint(committed, 'committed').weightsDigest);
  expect(digestIn(printed)).toBe(recorded.weightsSha256);
});

describe('the committed checkpoint gives the answers of', () => {
  const { weights, model } = decodeCheckpoint(committed, 'committed');
  const count = recorded.rows.length;
  const network = benchNetwork('simd', model as ModelSpec, { samplesMax: count, shardSize: count });
  network.weights = weights;
  const x = recorded.rows.map((row) => row.map((byte) => Math.fround(byte / 255)));
  const ours = network.gradient({ x, y: x.map(() => 0) }, count).outputs.flat();

  it.each(judges)('$name', ({ outputs }) => {
    const theirs = outputs.flat();
    expect(theirs).toHaveLength(ours.length);
    const scale = Math.max(...theirs.map(Math.abs));
    expect(scale).toBeGreaterThan(0.1);
    const worst = Math.max(...theirs.map((value, i) => Math.abs(value - ours[i]!)));
    expect(worst).toBeLessThanOrEqual(1e-6 * scale);
  });
});
