import { describe, expect, it } from 'vitest';
import { denseSpec, nodeBench } from './model.test.support.ts';
import type { ModelSpec } from './spec.ts';

const model: ModelSpec = {
  inputSize: 5,
  layers: [denseSpec(6, { activation: 'gelu' }), denseSpec(3, { activation: 'identity', bias: 'layer' })],
  loss: 'softmaxCrossEntropy',
};

const floatOf = (word: number) => new Float32Array(new Uint32Array([word]).buffer)[0]!;
const floatsOf = (words: Uint32Array) => new Float32Array(words.slice().buffer);
const wordsOf = (floats: Float32Array) => new Uint32Array(floats.slice().buffer);
const added = (a: Uint32Array, b: Uint32Array) => {
  const right = floatsOf(b);
  return wordsOf(floatsOf(a).map((value, i) => value + right[i]!));
};

describe('a node of more samples than one pass takes', () => {
  it('is computed in passes of at most 256 samples that are whole sub-nodes, each sample once', () => {
    const spans = (shardSize: number, samples: number) => {
      const bench = nodeBench(model, { shardSize, samplesMax: samples });
      bench.gradient(0, samples, shardSize);
      return bench.loads();
    };
    expect(spans(16, 600)).toEqual([
      [0, 256],
      [256, 512],
      [512, 600],
    ]);
    // The largest power of two of shards of 10 within 256 samples is 16.
    expect(spans(10, 500)).toEqual([
      [0, 160],
      [160, 320],
      [320, 480],
      [480, 500],
    ]);
    // A shard is never cut.
    expect(spans(300, 700)).toEqual([
      [0, 300],
      [300, 600],
      [600, 700],
    ]);
  });

  it.each([
    { shardSize: 16, samples: 2100 },
    { shardSize: 100, samples: 1250 },
    { shardSize: 300, samples: 1300 },
    { shardSize: 1, samples: 777 },
  ])(
    'gives the bits of its halves added: $samples samples in shards of $shardSize',
    ({ shardSize, samples }) => {
      const bench = nodeBench(model, { shardSize, samplesMax: samples });
      /** By the definition, down to single shards. */
      const byHand = (begin: number, end: number): ReturnType<typeof bench.gradient> => {
        const shards = Math.ceil((end - begin) / shardSize);
        if (shards === 1) return bench.gradient(begin, end, shardSize);
        let left = 1;
        while (left * 2 < shards) left *= 2;
        const [a, b] = [byHand(begin, begin + left * shardSize), byHand(begin + left * shardSize, end)];
        const loss = added(a.sums.subarray(0, 1), b.sums.subarray(0, 1))[0]!;
        return {
          gradient: added(a.gradient, b.gradient),
          sums: new Uint32Array([loss, a.sums[1]! + b.sums[1]!]),
        };
      };
      const whole = bench.gradient(0, samples, shardSize);
      expect(whole).toEqual(byHand(0, samples));
      expect(floatsOf(whole.gradient).every(Number.isFinite)).toBe(true);
      expect(whole.sums[1]).toBeGreaterThan(0);
    },
  );

  it('gives the same bits again, and behind larger and smaller nodes', () => {
    const bench = nodeBench(model, { shardSize: 10, samplesMax: 900 });
    const first = bench.gradient(0, 900, 10);
    bench.gradient(160, 170, 10);
    expect(bench.gradient(0, 900, 10)).toEqual(first);
  });

  it('gives the bits that a computer planned for larger nodes gives', () => {
    const [exactly, amply] = [330, 5000].map((samplesMax) => nodeBench(model, { shardSize: 10, samplesMax }));
    expect(amply!.gradient(320, 650, 10)).toEqual(exactly!.gradient(320, 650, 10));
  });
});

describe('evaluate', () => {
  it('gives the loss and the correct samples that the gradient of the same node gives', () => {
    const bench = nodeBench(model, { shardSize: 100, samplesMax: 1100, evaluationShardSize: 100 });
    const { sums } = bench.gradient(0, 1100, 100);
    expect(bench.evaluate(0, 1100, 100)).toEqual(sums);
    expect(floatOf(sums[0]!) / 1100).toBeGreaterThan(0.1);
  });

  it('takes shards of its own size, larger than those of a step', () => {
    const bench = nodeBench(model, { shardSize: 2, samplesMax: 4, evaluationShardSize: 128 });
    const [loss, correct] = bench.evaluate(0, 1000, 128);
    const other = nodeBench(model, { shardSize: 128, samplesMax: 1000 }).gradient(0, 1000, 128).sums;
    expect([loss, correct]).toEqual([...other]);
  });
});

describe('memory', () => {
  it('grows with the levels of the tree above a pass and not with the samples', () => {
    const bytes = [256, 512, 1024, 2048, 4096].map(
      (samplesMax) => nodeBench(model, { shardSize: 16, samplesMax }).bytes,
    );
    const growth = bytes.slice(1).map((size, i) => size - bytes[i]!);
    // One more slot for a gradient of 58 parameters, padded and aligned.
    expect(growth).toEqual([320, 320, 320, 320]);
  });
});

describe('a network that begins with dropout', () => {
  it('has its input, so that an evaluation, which drops nothing, gives the bits of the other layers', () => {
    const options = { shardSize: 4, samplesMax: 11, evaluationShardSize: 4 };
    const dropping: ModelSpec = { ...model, layers: [{ type: 'dropout', rate: 0.3 }, ...model.layers] };
    const expected = nodeBench(model, options).evaluate(0, 11, 4);
    expect(nodeBench(dropping, options).evaluate(0, 11, 4)).toEqual(expected);
  });
});
