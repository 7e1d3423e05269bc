import { leadingDimension } from '@hivegrad/shared/kernels/kernels';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { panelFloats } from './arena.ts';
import { counts, dataSeed, flavour, forAll, widths } from './cases.ts';
import { type Flavour, floats, integers } from './data.ts';
import { createPair } from './pair.ts';

interface Shape {
  count: number;
  width: number;
  /** Floats of a row beyond the smallest leading dimension. */
  extra: number;
  seed: number;
  flavour: Flavour;
}

const shapes = fc.record<Shape>({
  count: counts,
  width: widths,
  extra: fc.constantFrom(0, 0, 8, 24),
  seed: dataSeed,
  flavour,
});
const pair = createPair(1 << 20);
const ldOf = ({ width, extra }: Shape) => leadingDimension(width) + extra;

describe('rows and panels', () => {
  it('bytes become rows with the bits of the twin, zeros behind each row and nothing elsewhere', () => {
    forAll(fc.tuple(shapes, fc.constantFrom(255, 1, 3, 0.3, 0)), 400, ([shape, divisor]) => {
      pair.check(shape.seed, (arena) => {
        const { count, width, seed } = shape;
        const bytes = arena.oddInput(Uint8Array.from(integers(count * width, seed, 256)));
        const rows = arena.output('rows', count * ldOf(shape));
        return (kernels) => kernels.bytesToRows(bytes, rows, count, width, ldOf(shape), divisor);
      });
    });
  });

  it('rows become panels with the bits of the twin, zeros for missing samples and nothing elsewhere', () => {
    forAll(shapes, 400, (shape) => {
      pair.check(shape.seed, (arena) => {
        const { count, width, seed } = shape;
        const rows = arena.input(floats(count * ldOf(shape), seed, shape.flavour));
        const panels = arena.output('panels', panelFloats(count, width));
        return (kernels) => kernels.rowsToPanels(rows, panels, count, width, ldOf(shape));
      });
    });
  });

  it('panels become rows with the bits of the twin, zeros behind each row and nothing elsewhere', () => {
    forAll(shapes, 400, (shape) => {
      pair.check(shape.seed, (arena) => {
        const { count, width, seed } = shape;
        const panels = arena.input(floats(panelFloats(count, width), seed, shape.flavour));
        const rows = arena.output('rows', count * ldOf(shape));
        return (kernels) => kernels.panelsToRows(panels, rows, count, width, ldOf(shape));
      });
    });
  });
});
