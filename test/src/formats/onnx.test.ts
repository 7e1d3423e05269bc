/** ONNX files in onnxruntime: another program reads what we export, and answers what we answer. */

import { encodeOnnx } from 'hivegrad/export/onnx';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { exportCases } from './networks.ts';

env.wasm.numThreads = 1;
const cases = exportCases();

describe('an exported ONNX model answers in onnxruntime what our kernels answer', () => {
  it.each(cases)('$title', async ({ network, raw, answers }) => {
    const bytes = encodeOnnx(network, { name: 'case', version: '0.0.0' });
    const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'] });
    const output = network.model.loss === 'squaredError' ? 'values' : 'probabilities';
    expect(session.inputNames).toEqual(['features']);
    expect(session.outputNames).toEqual([output]);
    const features = new Tensor('float32', Float32Array.from(raw.flat()), [raw.length, raw[0]!.length]);
    const result = (await session.run({ features }))[output]!;
    await session.release();
    expect(result.dims).toEqual([answers.length, answers[0]!.length]);
    const theirs = result.data as Float32Array;
    const ours = answers.flat();
    // Answers that are all alike would agree by chance.
    expect(new Set(ours.map((value) => value.toFixed(3))).size).toBeGreaterThan(5);
    const scale = Math.max(1, ...ours.map(Math.abs));
    const worst = Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]!)));
    expect(worst).toBeLessThanOrEqual(1e-5 * scale);
  });
});
