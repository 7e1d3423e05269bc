/** `hivegrad export` and `hivegrad inspect` through the command line: a small run in every format, and bad input. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { decodeCheckpoint } from 'hivegrad/checkpoint/format';
import { decodeSafetensors } from 'hivegrad/checkpoint/safetensors';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIn, hivegrad, killAll, succeed } from '../support/cli.ts';
import { checkpointsOf, createWorkplace, type Workplace } from '../support/files.ts';

env.wasm.numThreads = 1;

let place: Workplace;
let digest: string;
/** The newest checkpoint of the run. */
let checkpoint: string;
beforeAll(async () => {
  place = createWorkplace();
  digest = digestIn(await succeed(['train', place.config('small.json'), '--out', place.path('run')]));
  checkpoint = place.path('run', 'checkpoints', checkpointsOf(place.path('run')).at(-1)!);
  const whole = readFileSync(checkpoint);
  place.write('cut.safetensors', whole.subarray(0, -1));
  const flipped = Buffer.from(whole);
  flipped[flipped.length - 9]! ^= 1;
  place.write('flipped.safetensors', flipped);
  place.write('weights.npz', Buffer.from('PK\x03\x04 and so on'));
  place.write('weights.onnx', Buffer.from('\x08\x08\x12\x08hivegrad'));
  // From another program: a header of 80 bytes for two values of bfloat16, 1 and -2.
  const header = '{"__metadata__":{"format":"pt"},"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}  ';
  place.write('other.safetensors', safetensors(header, Buffer.from('803f00c0', 'hex')));
  place.write(
    'lies.safetensors',
    safetensors(header.replace('[0,4]', '[0,9]'), Buffer.from('803f00c0', 'hex')),
  );
  place.write('taken.json', 'mine');
  mkdirSync(place.path('folder'));
});
afterAll(() => {
  killAll();
  place.remove();
});

function safetensors(header: string, data: Uint8Array): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), data]);
}

const inPlace = (args: readonly string[]) => succeed(args, { cwd: place.directory });

describe.concurrent('hivegrad export', () => {
  it('writes safetensors that hold the weights of the end of the run', async () => {
    const printed = await inPlace(['export', 'run', '--format', 'safetensors']);
    const bytes = readFileSync(place.path('run.safetensors'));
    expect(printed).toBe(
      `run/checkpoints/step-60.safetensors, step 60\nwrote run.safetensors, ${(bytes.length / 1000).toPrecision(3)} kB\n` +
        `weights sha256:${digest}\n`,
    );
    const { tensors, metadata } = decodeSafetensors(bytes, 'exported');
    const { weights } = decodeCheckpoint(readFileSync(checkpoint), 'checkpoint');
    expect(tensors.flatMap(({ data }) => [...data])).toEqual([...weights]);
    expect(metadata.weightsSha256).toBe(digest);
  });

  it('writes JSON whose numbers are the weights, into the place and format that --out names', async () => {
    mkdirSync(place.path('out'));
    await inPlace(['export', checkpoint, '--out', 'out/weights.json']);
    const { parameters, weightsSha256 } = JSON.parse(readFileSync(place.path('out', 'weights.json'), 'utf8'));
    expect(weightsSha256).toBe(digest);
    const numbers = Object.values(parameters).flat(2) as number[];
    const { weights } = decodeCheckpoint(readFileSync(checkpoint), 'checkpoint');
    expect(Float32Array.from(numbers)).toEqual(weights);
  });

  it('writes an ONNX model that is as accurate on the test part as evaluate says', async () => {
    await inPlace(['export', 'run', '--format', 'onnx', '--out', 'model']);
    const session = await InferenceSession.create(readFileSync(place.path('model')), {
      executionProviders: ['wasm'],
    });
    const images = readFileSync(place.path('test-images')).subarray(16);
    const labels = readFileSync(place.path('test-labels')).subarray(8);
    const features = new Tensor('float32', Float32Array.from(images), [labels.length, 16]);
    const { data } = (await session.run({ features })).probabilities!;
    await session.release();
    const rows = Array.from(labels, (_, row) =>
      Array.from((data as Float32Array).subarray(row * 5, row * 5 + 5)),
    );
    const correct = rows.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length;
    const evaluated = await inPlace(['evaluate', 'run']);
    expect(evaluated).toContain(`test accuracy ${((correct / labels.length) * 100).toFixed(2)} %`);
  });

  it('replaces a file only with --force', async () => {
    writeFileSync(place.path('old.npz'), 'old');
    const args = ['export', 'run', '--out', 'old.npz'];
    const { code, stderr } = await hivegrad(args, { cwd: place.directory });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'Error EXPORT_EXISTS: old.npz exists already. Choose another name with --out, or replace it with --force.\n',
    });
    expect(readFileSync(place.path('old.npz'), 'utf8')).toBe('old');
    await inPlace([...args, '--force']);
    expect(readFileSync(place.path('old.npz'), 'latin1')).toMatch(/^PK/);
  });
});

describe.concurrent('hivegrad inspect', () => {
  it('shows the checkpoints of a run, its metrics, its model and its tensors', async () => {
    const text = await inPlace(['inspect', 'run']);
    expect(text).toMatch(
      /^run: small, 3 epochs with seed 7\nepoch 3: train loss [\d.]+, .*test accuracy \d+\.\d\d %/,
    );
    expect(text).toMatch(/^step-60\.safetensors +60 +\d\.\d\d kB +whole +[0-9a-f]{12}\.\.\.$/m);
    expect(text).toContain(`hivegrad-1, step 60 of epoch 3, optimizer state m, v\n`);
    expect(text).toContain(`weights sha256:${digest}\n`);
    expect(text).toContain('Total: 533 parameters');
    expect(text).toMatch(/^optimizer\.v\.layers\.1\.bias +F32 +\[5\] +5 /m);
  });

  it('gives the same as JSON for the run and for the checkpoint', async () => {
    const run = JSON.parse(await inPlace(['inspect', 'run', '--json']));
    expect(run).toMatchObject({
      run: { config: { name: 'small' }, lastEpoch: { epoch: 3, step: 60 } },
      file: { checkpoint: { step: 60, weightsSha256: digest } },
      epoch: 3,
    });
    expect(run.run.checkpoints.at(-1)).toMatchObject({
      step: 60,
      whole: true,
      problem: null,
      weightsSha256: digest,
    });
    const alone = JSON.parse(await inPlace(['inspect', run.file.path, '--json']));
    expect(alone).toEqual({ ...run, run: null });
  });

  it('shows the newest checkpoint that is whole where another is damaged, and what is wrong with that', async () => {
    mkdirSync(place.path('damaged', 'checkpoints'), { recursive: true });
    writeFileSync(place.path('damaged', 'config.json'), readFileSync(place.path('run', 'config.json')));
    writeFileSync(place.path('damaged', 'checkpoints', 'step-60.safetensors'), readFileSync(checkpoint));
    const bad = place.path('damaged', 'checkpoints', 'step-70.safetensors');
    writeFileSync(bad, readFileSync(place.path('flipped.safetensors')));
    const text = await inPlace(['inspect', 'damaged']);
    expect(text).toMatch(/^step-70\.safetensors +70 +\S+ kB +damaged$/m);
    expect(text).toMatch(
      /^The checkpoint damaged\/checkpoints\/step-70\.safetensors is damaged: its \d+ bytes do/m,
    );
    expect(text).toContain(`weights sha256:${digest}\n`);
  });

  it('lists a safetensors file of another program', async () => {
    const text = await inPlace(['inspect', 'other.safetensors']);
    expect(text).toContain('format: pt\n');
    expect(text).toMatch(/^w +BF16 +\[2\] +2 +-2\.000 +1\.000 +-0\.5000 +1\.500 +2\.236 +0 +0$/m);
  });
});

/** Arguments, and what is said of them. */
const refusals: readonly (readonly [string, RegExp])[] = [
  [
    'export nowhere --format npz',
    /^Error RUN_NOT_A_RUN: There is no run or checkpoint at nowhere\. Check the path\.$/,
  ],
  ['export run --format onxn', /EXPORT_FORMAT: There is no export format "onxn"; the nearest is "onnx", and/],
  [
    'export run --format npz --out taken.json/a',
    /RUN_NOT_WRITABLE: Cannot use taken\.json\/a: a part of this path/,
  ],
  [
    'export run --format npz --out folder',
    /EXPORT_EXISTS: folder is a directory\. Name a file in it with --out\.$/,
  ],
  [
    'export run --out run/checkpoints/step-60.safetensors --force',
    /EXPORT_EXISTS: \S+ is the checkpoint itself/,
  ],
  [
    'export cut.safetensors --format npz',
    /CHECKPOINT_DAMAGED: The checkpoint cut\.safetensors is damaged: its \d+/,
  ],
  [
    'export weights.onnx --format npz',
    /CHECKPOINT_FOREIGN: weights\.onnx is no checkpoint but an ONNX model\. Name/,
  ],
  [
    'export other.safetensors --format npz',
    /CHECKPOINT_FOREIGN: .*but another safetensors file: .*"hivegrad inspect"/,
  ],
  [
    'export lies.safetensors --format npz',
    /CHECKPOINT_DAMAGED: The checkpoint lies\.safetensors is damaged: it does/,
  ],
  [
    'inspect flipped.safetensors',
    /CHECKPOINT_DAMAGED: The checkpoint flipped\.safetensors is damaged: its \d+ bytes/,
  ],
  [
    'inspect cut.safetensors',
    /CHECKPOINT_DAMAGED: The checkpoint cut\.safetensors is damaged: 1 bytes are missing/,
  ],
  [
    'inspect lies.safetensors',
    /CHECKPOINT_DAMAGED: .*: tensor w of shape \[2\] takes bytes 0 to 9 instead of 4 bytes/,
  ],
  [
    'inspect weights.onnx',
    /CHECKPOINT_FOREIGN: weights\.onnx is no checkpoint but an ONNX model\. Name the directory/,
  ],
  [
    'evaluate weights.npz',
    /CHECKPOINT_FOREIGN: weights\.npz is no checkpoint but a ZIP archive, as \.npz and \.pt/,
  ],
];

describe.concurrent('bad input ends with exit code 2 and one sentence', () => {
  it.each(refusals)('hivegrad %s', async (words, said) => {
    const { code, stdout, stderr } = await hivegrad(words.split(' '), { cwd: place.directory });
    expect(stderr.trimEnd()).toMatch(said);
    expect(stderr).toMatch(/^Error [A-Z_]+: .*\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(readFileSync(place.path('taken.json'), 'utf8')).toBe('mine');
  });
});
