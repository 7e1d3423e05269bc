import { describe, expect, it } from 'vitest';
import { bytesOf } from './checkpoint.test.support.ts';
import { requireOurs, requireSafetensors } from './foreign.ts';
import { encodeSafetensors } from './safetensors.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const onlyWeights = encodeSafetensors([{ name: 'a', dtype: 'F32', shape: [1], data: Float32Array.of(1) }], {
  format: 'pt',
});

const others: [string, Uint8Array, string][] = [
  ['weights.npz', latin1('PK\x03\x04 and so on'), 'a ZIP archive, as .npz and .pt files are'],
  ['weights.npy', latin1('\x93NUMPY\x01\x00 and so on'), 'a NumPy array'],
  ['weights.onnx', latin1('\x08\x08\x12\x08hivegrad'), 'an ONNX model'],
  // Field 7 with a length whose bytes put a brace where safetensors have theirs.
  ['strange.onnx', latin1('\x08\x08\x12\x05three{'), 'an ONNX model'],
  ['weights.json', latin1('{"format": 1}'), 'JSON'],
];

describe.each([requireOurs, requireSafetensors])('%o', (require) => {
  it.each(others)('says what %s is and what can be read instead', (path, bytes, kind) => {
    expect(() => require(bytes, path)).toThrow(
      expect.objectContaining({
        code: 'CHECKPOINT_FOREIGN',
        message: `${path} is no checkpoint but ${kind}. Name the directory of a run, or a step-N.safetensors in its directory checkpoints.`,
      }),
    );
  });

  it.each([
    ['a checkpoint', bytesOf(3)],
    ['a checkpoint that was cut short', bytesOf(3).subarray(0, -1)],
    ['a checkpoint without its first bytes', bytesOf(3).subarray(1)],
    ['an empty file', new Uint8Array(0)],
  ])('leaves %s to the decoder', (_, bytes) => {
    expect(() => require(bytes, 'step-3.safetensors')).not.toThrow();
  });
});

it('tells a whole safetensors file of another program from a checkpoint', () => {
  expect(() => requireSafetensors(onlyWeights, 'f')).not.toThrow();
  expect(() => requireOurs(onlyWeights, 'f')).toThrow(
    expect.objectContaining({
      code: 'CHECKPOINT_FOREIGN',
      message: expect.stringContaining('"hivegrad inspect" lists its tensors'),
    }),
  );
});
