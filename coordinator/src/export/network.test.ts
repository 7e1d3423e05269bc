import { describe, expect, it } from 'vitest';
import { exampleContent } from '../checkpoint/checkpoint.test.support.ts';
import { tableEncoding, trained, withEncoding } from './export.test.support.ts';

const { model } = exampleContent();
const differs = (said: string | RegExp) =>
  expect.objectContaining({
    code: 'CHECKPOINT_DIFFERS',
    message: typeof said === 'string' ? expect.stringContaining(said) : expect.stringMatching(said),
  });

describe('networkOf', () => {
  it('gives the model, the weights and the encoding of a checkpoint', () => {
    const network = withEncoding(tableEncoding);
    expect(network).toMatchObject({ model, step: 7, encoding: tableEncoding });
    expect(network.weights).toEqual(exampleContent().weights);
    expect(trained().encoding).toBeUndefined();
  });

  it('refuses a model that this version does not know, and names the part', () => {
    const layers = [{ ...model.layers[0]!, type: 'convolution' }];
    const strange = { ...model, layers } as unknown as typeof model;
    expect(() => trained({ model: strange })).toThrow(
      differs('a model in which model.layers.0.type is not known'),
    );
    expect(() => trained({ model: {} as typeof model })).toThrow(differs('a model without an input size'));
  });

  it('refuses a model whose parameters are not those of the file', () => {
    expect(() => trained({ model: { ...model, inputSize: 4 } })).toThrow(differs(/layers\.0\.weight/));
  });

  it.each([
    [
      'a kind that is not known',
      { ...tableEncoding, input: { kind: 'pictures' } },
      'whose input.kind is not known',
    ],
    ['a text', 'bytes', 'whose form is not known'],
    [
      'another width',
      { ...tableEncoding, input: { kind: 'bytes', width: 3, scale: 'unit' } },
      'an encoding of 3 inputs for a network of 2',
    ],
  ])('refuses an encoding of %s', (_, encoding, said) => {
    expect(() => withEncoding(encoding)).toThrow(differs(said));
  });

  it('refuses an encoding that is not JSON', () => {
    expect(() => trained({ extra: { encoding: '{' } })).toThrow(differs('a data encoding that is not JSON'));
  });
});
