import { activationIds, biasModeIds } from '@hivegrad/shared/kernels/kernels';
import { KNOWN_ANSWER, KNOWN_ANSWER_BYTES, knownAnswer } from '@hivegrad/shared/kernels/known-answer';
import { createMemory, instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forAll } from './cases.ts';
import {
  biasModes,
  checkForward,
  checkInputGradient,
  checkWeightGradient,
  layer,
  layers,
} from './dense-checks.ts';
import { createPair, loadKernelModule } from './pair.ts';

const pair = createPair(4 << 20, { wide: true });
const { relu, identity } = activationIds;
/** Samples on both sides of one, two and three panels. */
const counts = [1, 8, 9, 16, 17, 24, 25];

describe('the wide tile', () => {
  it('gives the known answer', () => {
    const memory = createMemory(KNOWN_ANSWER_BYTES);
    const wide = instantiateKernels(loadKernelModule(), memory, { wide: true });
    expect(knownAnswer(wide, memory, 0)).toBe(KNOWN_ANSWER);
  });

  it('computes a forward pass with the bits of the twin', () => {
    forAll(fc.tuple(layers, biasModes), 150, ([l, mode]) => checkForward(pair, l, mode, relu, false));
    for (const count of counts) {
      for (const units of [1, 5, 7, 60, 61, 64, 65]) {
        for (const inputs of [3, 300]) {
          checkForward(pair, layer(inputs, units, count, 1), biasModeIds.unit, identity, true);
        }
      }
    }
  });

  it('computes an input gradient with the bits of the twin', () => {
    forAll(layers, 150, (l) => checkInputGradient(pair, l));
    for (const count of counts) {
      for (const inputs of [1, 5, 7, 60, 61, 64, 65]) {
        for (const units of [3, 300]) checkInputGradient(pair, layer(inputs, units, count, 1));
      }
    }
  });

  it('computes a weight gradient with the bits of the twin, any number of shards', () => {
    forAll(layers, 150, (l) => checkWeightGradient(pair, l));
    for (const inputs of [7, 8, 9, 15, 16, 17, 24, 56, 64, 72, 73, 80]) {
      for (const units of [4, 5, 24, 25, 27]) {
        for (let shards = 1; shards <= 9; shards++) {
          checkWeightGradient(pair, layer(inputs, units, 2 * shards - 1, 2));
        }
      }
    }
    for (const count of [257, 513]) checkWeightGradient(pair, layer(23, 6, 2 * count + 1, count));
  });
});
