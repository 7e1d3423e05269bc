import { describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../checkpoint/safetensors.ts';
import { tableEncoding, trained, withEncoding } from './export.test.support.ts';
import { encodeNetwork, exportFormat, exportFormats } from './formats.ts';
import { encodeOnnx } from './onnx.ts';

const about = { name: 'small', version: '1.2.3' };

describe('exportFormat', () => {
  it('is the one that was named, or the extension of the output', () => {
    expect(exportFormat('npz', 'a.onnx')).toBe('npz');
    expect(exportFormat(undefined, 'runs/a.onnx')).toBe('onnx');
  });

  it.each([
    ['onxn', undefined, 'There is no export format "onxn"; the nearest is "onnx", and --format is one of'],
    ['csv', 'a.json', 'There is no export format "csv"; --format is one of safetensors, npz, onnx, json.'],
    [undefined, 'a.h5', 'There is no export format "h5"; --format is one of'],
    [undefined, undefined, 'Say which format to write: --format is one of safetensors, npz, onnx, json.'],
  ])('refuses the format %s for the output %s', (name, out, said) => {
    expect(() => exportFormat(name, out)).toThrow(
      expect.objectContaining({ code: 'EXPORT_FORMAT', message: expect.stringContaining(said) }),
    );
  });
});

describe('encodeNetwork', () => {
  it('gives the same bytes for the same network in every format', () => {
    for (const format of exportFormats) {
      const bytes = encodeNetwork(withEncoding(tableEncoding), format, about);
      expect(bytes).toEqual(encodeNetwork(withEncoding(tableEncoding), format, about));
    }
  });

  it('writes the weights alone as safetensors, in the layout of PyTorch', () => {
    const network = withEncoding(tableEncoding);
    const { tensors, metadata } = decodeSafetensors(encodeNetwork(network, 'safetensors', about), 'f');
    expect(tensors.map(({ name, shape }) => ({ name, shape }))).toEqual([
      { name: 'layers.0.weight', shape: [3, 2] },
      { name: 'layers.0.bias', shape: [3] },
    ]);
    expect(tensors.flatMap(({ data }) => [...data])).toEqual([...network.weights]);
    expect(metadata).toEqual({
      format: 'pt',
      step: '7',
      weightsSha256: network.weightsDigest,
      configSha256: 'c'.repeat(64),
      dataSha256: 'd'.repeat(64),
      model: JSON.stringify(network.model),
      encoding: JSON.stringify(tableEncoding),
    });
  });

  it('tells in an ONNX model what it is, what goes in and what comes out', () => {
    const text = Buffer.from(encodeNetwork(withEncoding(tableEncoding), 'onnx', about)).toString('latin1');
    expect(text).toContain(`small, step 7, weights sha256:${trained().weightsDigest}`);
    expect(text).toContain('and 1 for the category of a row: width, colour=red');
    expect(text).toContain(JSON.stringify(tableEncoding));
    expect(text).toContain('1.2.3');
  });

  it('refuses a network that is larger than an ONNX file can be', () => {
    const size = encodeOnnx(trained(), about).length;
    expect(encodeOnnx(trained(), { ...about, bytesMax: size })).toHaveLength(size);
    expect(() => encodeOnnx(trained(), { ...about, bytesMax: size - 1 })).toThrow(
      expect.objectContaining({
        code: 'EXPORT_TOO_LARGE',
        message: expect.stringMatching(/Export it as safetensors or/),
      }),
    );
  });
});
