/** What follows a gradient among the calls of the known-answer test: the tree, the mean, clipping and the optimizers. */

import { scratchBytes } from './kernels.ts';
import { LARGEST_FLOAT, special, TWO_TO_MINUS_130, type Workbench } from './known-answer-data.ts';

const mean = (slots: number) => (bench: Workbench) => {
  // One block of the kernel and a ragged rest for three slots, some of whose sums overflow; else a ragged vector.
  const length = slots === 3 ? 517 : 77;
  // Slots may overlap, for they are only read; all of them have the special values at the same indices.
  const stride = 64;
  const source = bench.floats(length + (slots - 1) * stride, (i, pooled) => {
    if (slots === 3 && i % stride === 3) return LARGEST_FLOAT;
    return special[i & 31] ?? pooled;
  });
  const target = bench.room((length + 3) * 4);
  const scratch = bench.room(scratchBytes(1, 1));
  bench.keepAnswer(bench.kernels.treeMean(source, stride * 4, slots, length, 37, target, scratch));
  bench.keep(target, length);
};

function sums(bench: Workbench): void {
  const length = 23;
  const [target, source] = [bench.vector(length), bench.vector(length)];
  bench.kernels.add(target, source, length);
  bench.keep(target, length);
}

/** What the mean and an update say of a gradient with one value that may not be finite, at any place. */
function finite(bench: Workbench): void {
  const length = 23;
  const [w, next] = [bench.vector(length), bench.room(128)];
  const scratch = bench.room(scratchBytes(1, 1));
  for (const place of [-1, 0, 5, 19, 20, 22]) {
    for (const value of [LARGEST_FLOAT, Infinity, -Infinity]) {
      const g = bench.floats(length, (i) => (i === place ? value : -LARGEST_FLOAT));
      bench.keepAnswer(bench.kernels.treeMean(g, 0, 1, length, 1, next, scratch));
      bench.keep(next, length);
      bench.keepAnswer(bench.kernels.sgd(g, w, next, 0, 0, length, 0.5, 0, 0, 0));
      bench.keep(next, length);
    }
  }
}

/** Six vectors of four and a rest of three. */
const PARAMETERS = 27;
/** Where the weight is -0 the gradient is +0, so that the weight has to stay what it is. */
const gradients = (bench: Workbench) =>
  bench.floats(PARAMETERS, (i, pooled) => (i === 3 ? 0 : (special[i] ?? pooled)));
const squares = (bench: Workbench) => bench.floats(PARAMETERS, (i, pooled) => Math.abs(special[i] ?? pooled));

function sgd(bench: Workbench): void {
  const [g, w, v] = [gradients(bench), bench.vector(PARAMETERS), bench.vector(PARAMETERS)];
  const [wNext, vNext] = [bench.room(128), bench.room(128)];
  for (const [momentum, nesterov, decay] of [
    [0, 0, 0],
    [0, 0, 1e-3],
    [0.9, 0, 0],
    [0.9, 1, 1e-3],
  ] as const) {
    const answer = bench.kernels.sgd(g, w, wNext, v, vNext, PARAMETERS, 0.01, momentum, nesterov, decay);
    bench.keepAnswer(answer);
    bench.keep(wNext, PARAMETERS);
    if (momentum !== 0) bench.keep(vNext, PARAMETERS);
  }
}

function adam(bench: Workbench): void {
  const [g, w] = [gradients(bench), bench.vector(PARAMETERS)];
  const [m, v] = [bench.vector(PARAMETERS), squares(bench)];
  const [wNext, mNext, vNext] = [bench.room(128), bench.room(128), bench.room(128)];
  for (const [decay, shrink] of [
    [0, 1],
    [1e-3, 1],
    [0, 0.99],
  ] as const) {
    const answer = bench.kernels.adam(
      ...[g, w, wNext, m, mNext, v, vNext, PARAMETERS],
      ...[0.9, 0.1, 0.999, 0.001, 0.005, 0.03, 1e-8, decay, shrink],
    );
    bench.keepAnswer(answer);
    for (const result of [wNext, mNext, vNext]) bench.keep(result, PARAMETERS);
  }
}

function scaledByRootMeanSquare(bench: Workbench): void {
  const [g, w] = [gradients(bench), bench.vector(PARAMETERS)];
  const s = squares(bench);
  const [wNext, sNext] = [bench.room(128), bench.room(128)];
  for (const [keep, add, decay] of [
    [0.99, 0.01, 0],
    [1, 1, 1e-3],
  ] as const) {
    bench.keepAnswer(
      bench.kernels.scaledByRootMeanSquare(g, w, wNext, s, sNext, PARAMETERS, 0.01, keep, add, 1e-8, decay),
    );
    bench.keep(wNext, PARAMETERS);
    bench.keep(sNext, PARAMETERS);
  }
}

function clipping(bench: Workbench): void {
  // The elements of `vector` lie within (-1, 1), some of them on either side of the limits.
  const clamped = bench.vector(PARAMETERS);
  bench.kernels.clamp(clamped, PARAMETERS, 0.125);
  bench.keep(clamped, PARAMETERS);
  const scaled = bench.vector(PARAMETERS);
  bench.kernels.scale(scaled, PARAMETERS, 0.37);
  bench.keep(scaled, PARAMETERS);
  // A whole block and a ragged one, and a block of subnormals alone.
  const sums = bench.room(2 * 8);
  bench.kernels.squareSums(bench.vector(539), 539, sums);
  bench.keep(sums, 4);
  const tiny = bench.floats(13, (_, pooled) => pooled * TWO_TO_MINUS_130);
  bench.kernels.squareSums(tiny, 13, sums);
  bench.keep(sums, 2);
}

export const updates: readonly ((bench: Workbench) => void)[] = [
  ...[1, 3, 7, 11].map(mean),
  sums,
  finite,
  clipping,
  sgd,
  adam,
  scaledByRootMeanSquare,
];
