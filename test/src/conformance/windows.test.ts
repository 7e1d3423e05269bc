/** Columns of zeros left out of sums: the module leaves them out, the twin never does. */

import { activationIds, biasModeIds, leadingDimension, windowsBytes } from '@hivegrad/shared/kernels/kernels';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arena, panelFloats } from './arena.ts';
import { forAll } from './cases.ts';
import { type Flavour, floats, mix } from './data.ts';
import { biasModes, GEMM, type Layer, layer, layers, weightGradientScratch } from './dense-checks.ts';
import { createPair } from './pair.ts';

/** One column in how many is left as it is, on average, or 0 for none; runs of columns share their fate. */
const rarities = fc.constantFrom(0, 1, 2, 5, 20);
const finite = fc.constantFrom<Flavour>('plain', 'wide', 'tiny');
const { identity, relu } = activationIds;
const { unit } = biasModeIds;

/** Rows [count][ld] with columns of zeros of both signs, columns with a value in one sample, and zeros behind each row. */
function sparse(l: Layer, ld: number, isKept: (column: number) => boolean): Float32Array {
  const rows = floats(l.count * ld, l.seed + 2, l.flavour);
  for (let i = 0; i < rows.length; i++) {
    const [sample, column] = [Math.floor(i / ld), i % ld];
    const word = mix(l.seed + column);
    const isEmpty = word % 2 === 0 && sample !== (word >>> 1) % l.count;
    if (column >= l.inputs) rows[i] = 0;
    else if (!isKept(column) || isEmpty) rows[i] = mix(i) % 3 === 0 ? -0 : 0;
  }
  return rows;
}

const random = (l: Layer, rarity: number) => (column: number) =>
  rarity > 0 && mix(l.seed + (column >> 2)) % rarity === 0;
const ldOf = (l: Layer) => leadingDimension(l.inputs) + (l.seed % 3 === 0 ? 8 : 0);

/** What findWindows promises, from the values. */
function windowsOf(rows: Float32Array, l: Layer, ld: number): { starts: number[]; pays: boolean } {
  const starts: number[] = [];
  for (let column = 0; column < l.inputs; column++) {
    const isZero = Array.from({ length: l.count }, (_, s) => rows[s * ld + column]).every((x) => x === 0);
    if (!isZero && column >= (starts.at(-1) ?? -8) + 8) starts.push(column);
  }
  if (starts.length === 0) starts.push(0);
  return { starts, pays: starts.length * 8 < l.inputs - Math.floor(l.inputs / 16) };
}

let lists = 0;

for (const wide of [false, true]) {
  const pair = createPair(4 << 20, { wide });

  const checkList = (l: Layer, isKept: (column: number) => boolean): void => {
    const ld = ldOf(l);
    const rows = sparse(l, ld, isKept);
    const { starts, pays } = windowsOf(rows, l, ld);
    pair.check(l.seed, (arena) => {
      const input = arena.input(rows);
      const length = 1 + starts.length;
      const list = arena.output('list', length, () => pays, windowsBytes(ld));
      return (kernels) => {
        const answer = kernels.findWindows(input, ld, l.count, l.inputs, list);
        expect(answer).toBe(Number(pays));
        return answer;
      };
    });
  };

  /** Forward and weight gradient with the list that findWindows makes, or without one where it does not pay. */
  const checkLayer = (
    l: Layer,
    biasMode: number,
    { isKept, weights }: { isKept: (column: number) => boolean; weights: Flavour },
  ): void => {
    const ld = ldOf(l);
    const rows = sparse(l, ld, isKept);
    const place = (arena: Arena) => ({
      input: arena.input(rows),
      list: arena.scratch(windowsBytes(ld)),
    });
    pair.check(l.seed, (arena) => {
      const { input, list } = place(arena);
      const w = arena.input(floats(l.units * l.inputs, l.seed, weights));
      const bias = arena.input(floats(biasMode === unit ? l.units : 1, l.seed + 1, l.flavour));
      const panels = arena.scratch(panelFloats(l.count, l.inputs) * 4);
      const z = arena.panels('z', l.count, l.units);
      const output = l.seed % 2 === 0 ? z : arena.panels('output', l.count, l.units);
      const scratch = arena.scratch(GEMM);
      return (kernels) => {
        const pays = kernels.findWindows(input, ld, l.count, l.inputs, list);
        lists += pays;
        kernels.denseForwardRows(
          ...([w, bias, biasMode, input, ld, pays * list, panels, z, output] as const),
          ...([l.count, l.inputs, l.units, relu, scratch] as const),
        );
        return pays;
      };
    });
    pair.check(l.seed, (arena) => {
      const { input, list } = place(arena);
      // Of any flavour: where it is not finite no term may be left out.
      const dz = arena.input(floats(panelFloats(l.count, l.units), l.seed, l.flavour));
      const dWeights = arena.output('dWeights', l.units * l.inputs);
      const scratch = arena.scratch(weightGradientScratch(l.count, l.units));
      return (kernels) => {
        const pays = kernels.findWindows(input, ld, l.count, l.inputs, list);
        kernels.denseWeightGradient(
          ...([dz, input, ld, pays * list, dWeights] as const),
          ...([l.count, l.shardSize, l.inputs, l.units, scratch] as const),
        );
        return pays;
      };
    });
  };

  describe(`with the ${wide ? 'wide' : 'narrow'} tile`, () => {
    it('lists each column that has another value than zero, once, as the twin does', () => {
      forAll(fc.tuple(layers, rarities), 300, ([l, rarity]) => checkList(l, random(l, rarity)));
      for (const inputs of [1, 7, 8, 9, 16, 17, 64, 65, 300]) {
        for (const count of [1, 3, 4, 5, 8, 9, 33]) {
          const l = layer(inputs, 1, count, 1);
          for (const only of [0, 7, 8, inputs - 1]) checkList(l, (column) => column === only);
          checkList(l, () => true);
        }
      }
    });

    it('has the bits of the twin for random columns of zeros', () => {
      lists = 0;
      forAll(fc.tuple(layers, rarities, biasModes, finite), 250, ([l, rarity, biasMode, weights]) => {
        checkLayer(l, biasMode, { isKept: random(l, rarity), weights });
      });
      expect(lists).toBeGreaterThan(150);
    });

    it('has the bits of the twin where all rows are zero, or one column is not', () => {
      for (const inputs of [1, 8, 9, 16, 17, 71, 300]) {
        for (const units of [1, 5, 7, 24, 25, 61]) {
          const l = layer(inputs, units, 1 + ((inputs * units) % 19), 4);
          checkLayer(l, unit, { isKept: () => false, weights: 'plain' });
          for (const only of [0, inputs >> 1, inputs - 1]) {
            checkLayer(l, unit, { isKept: (column) => column === only, weights: 'plain' });
          }
        }
      }
    });

    it('carries sums over where the windows take several blocks', () => {
      for (const inputs of [512, 577, 600]) {
        for (const units of [4, 6]) {
          for (const period of [9, 10, 12, 17]) {
            const l = layer(inputs, units, 9, 2);
            checkLayer(l, unit, { isKept: (column) => column % period < 8, weights: 'plain' });
          }
        }
      }
    });

    it('gives NaN where a derivative that is not finite meets a column of zeros', () => {
      const l = { ...layer(40, 6, 5, 2), flavour: 'plain' as const };
      for (const special of [Infinity, -Infinity, NaN]) {
        for (const sample of [0, 4]) {
          pair.check(1, (arena) => {
            const values = floats(panelFloats(5, 6), 1, 'plain');
            values[3 * 8 + sample] = special;
            const dz = arena.input(values);
            const rows = arena.input(sparse(l, 40, (column) => column < 8));
            const list = arena.scratch(windowsBytes(40));
            const dWeights = arena.output('dWeights', 6 * 40);
            const scratch = arena.scratch(weightGradientScratch(5, 6));
            return (kernels) => {
              expect(kernels.findWindows(rows, 40, 5, 40, list)).toBe(1);
              kernels.denseWeightGradient(dz, rows, 40, list, dWeights, 5, 2, 40, 6, scratch);
            };
          });
        }
      }
    });

    it('needs no list', () => {
      forAll(layers, 60, (l) => {
        const ld = ldOf(l);
        pair.check(l.seed, (arena) => {
          const rows = arena.input(sparse(l, ld, () => true));
          const w = arena.input(floats(l.units * l.inputs, l.seed, l.flavour));
          const bias = arena.input(floats(l.units, l.seed + 1, l.flavour));
          const panels = arena.scratch(panelFloats(l.count, l.inputs) * 4);
          const z = arena.panels('z', l.count, l.units);
          const scratch = arena.scratch(GEMM);
          return (kernels) =>
            kernels.denseForwardRows(
              ...([w, bias, unit, rows, ld, 0, panels, z, z] as const),
              ...([l.count, l.inputs, l.units, identity, scratch] as const),
            );
        });
      });
    });
  });
}
