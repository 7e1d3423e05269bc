/** Which sizes the suite meets: remainders of every unroll, tile and block of the kernels, and what lies beside them. */

import fc from 'fast-check';
import { flavours } from './data.ts';

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

/** Inputs and units: tiles are 5 and 8 wide, column blocks 64, blocks of the summed index 256. */
export const widths = fc.constantFrom(...upTo(11), 16, 17, 40, 41, 64, 65, 129, 255, 256, 257, 300);
export const counts = fc.constantFrom(...upTo(17), 31, 32, 33, 64);
/** Lengths of plain vectors: four lanes, blocks of 512. */
export const lengths = fc.constantFrom(
  ...upTo(11),
  16,
  17,
  40,
  41,
  64,
  65,
  129,
  255,
  256,
  257,
  511,
  512,
  513,
  1030,
);
export const shardSizes = fc.constantFrom(1, 3, 5, 7, 8, 16);
export const flavour = fc.constantFrom(...flavours);
export const dataSeed = fc.integer({ min: 1, max: 0x7fffffff });

/** Runs `check` on `numRuns` cases that are the same in every run of the suite. */
export function forAll<T>(cases: fc.Arbitrary<T>, numRuns: number, check: (value: T) => void): void {
  fc.assert(fc.property(cases, check), { seed: 20_250_101, numRuns });
}
