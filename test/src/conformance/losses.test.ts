import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type Arena, ofSamples, panelFloats } from './arena.ts';
import { counts, dataSeed, flavour, forAll, shardSizes, widths } from './cases.ts';
import { type Flavour, floats, integers } from './data.ts';
import { createPair } from './pair.ts';

interface Batch {
  count: number;
  width: number;
  shardSize: number;
  /** Factor of the outputs: from a saturated softmax to one that is nearly flat. */
  scale: number;
  weighted: boolean;
  seed: number;
  flavour: Flavour;
}
type Loss = 'softmaxCrossEntropy' | 'squaredError' | 'binaryCrossEntropy';

const batches = fc.record<Batch>({
  count: counts,
  width: widths,
  shardSize: shardSizes,
  scale: fc.constantFrom(1, 8, 100, 1e-6),
  weighted: fc.boolean(),
  seed: dataSeed,
  flavour,
});
const pair = createPair(1 << 20);

/** Probabilities with their ends, the two classes among them, or what the flavour gives. */
function targetsOf({ count, width, seed, flavour }: Batch): Float32Array {
  const values = floats(count * width, seed + 1, flavour);
  const kinds = integers(count * width, seed + 2, 4);
  for (let i = 0; i < values.length; i++) {
    if (kinds[i]! < 2) values[i] = kinds[i]!;
    else if (kinds[i] === 2) values[i] = Math.abs(values[i]!);
  }
  return values;
}

function targetRegion(arena: Arena, loss: Loss, batch: Batch): number {
  if (loss === 'softmaxCrossEntropy') return arena.input(integers(batch.count, batch.seed, batch.width));
  return arena.input(targetsOf(batch));
}

function checkLoss(loss: Loss, batch: Batch, change: (outputs: Float32Array) => void = () => {}): void {
  const { count, width, shardSize, scale, weighted, seed } = batch;
  pair.check(seed, (arena) => {
    const values = floats(panelFloats(count, width), seed, batch.flavour).map((x) => x * scale);
    change(values);
    const outputs = arena.input(values);
    const targets = targetRegion(arena, loss, batch);
    const weights = weighted ? arena.input(floats(count, seed + 3, batch.flavour)) : 0;
    const dOutputs = arena.panels('dOutputs', count, width);
    const sums = arena.output('sums', 2);
    const scratch = arena.scratch(128 + 4 * ((count + 7) & ~7));
    return (kernels) =>
      kernels[loss](outputs, targets, weights, dOutputs, count, width, shardSize, sums, scratch);
  });
}

describe.each<Loss>(['softmaxCrossEntropy', 'squaredError', 'binaryCrossEntropy'])('%s', (loss) => {
  it('has the bits of the twin for all remainders and writes nothing else', () => {
    forAll(batches, 300, (batch) => checkLoss(loss, batch));
  });

  it('adds any number of shards along the tree', () => {
    for (let shards = 1; shards <= 33; shards++) {
      const batch: Batch = {
        count: shards,
        width: 3,
        shardSize: 1,
        scale: 3,
        weighted: false,
        seed: shards,
        flavour: 'plain',
      };
      checkLoss(loss, batch);
      checkLoss(loss, { ...batch, count: 5 * shards - 4, shardSize: 5 });
      checkLoss(loss, { ...batch, weighted: true, count: 8 * shards - 3, shardSize: 8 });
    }
  });

  it('has the bits of the twin where outputs are equal, infinite or not a number', () => {
    for (const value of [0, -0, 1, 3e38, -3e38, Infinity, -Infinity, NaN]) {
      for (const every of [1, 3, 5]) {
        const batch: Batch = {
          count: 11,
          width: 5,
          shardSize: 4,
          scale: 2,
          weighted: every === 3,
          seed: every,
          flavour: 'plain',
        };
        checkLoss(loss, batch, (outputs) => {
          for (let i = 0; i < outputs.length; i += every) outputs[i] = value;
        });
      }
    }
  });
});

describe('softmax', () => {
  it('has the bits of the twin for all remainders, in place and elsewhere, and writes nothing else', () => {
    forAll(batches, 200, ({ count, width, scale, seed, flavour, weighted: inPlace }) => {
      pair.check(seed, (arena) => {
        const values = floats(panelFloats(count, width), seed, flavour).map((x) => x * scale);
        const logits = inPlace ? arena.inout('both', values, ofSamples(count, width)) : arena.input(values);
        const target = inPlace ? logits : arena.panels('target', count, width);
        return (kernels) => kernels.softmax(logits, target, count, width);
      });
    });
  });
});
