/**
 * Losses with their derivatives in one pass. Outputs and their derivatives are panels (see dense.ts); a loss
 * is a sum over samples, each shard's in order and the shards along the tree, never a mean.
 * `weights`: one float32 per sample by which its loss and its derivatives are multiplied, or 0 for none.
 * `sums` receives the loss (f32) and the number of correct samples (u32), which is not weighted.
 * scratch: 32 floats of a stack, then `count` floats rounded up to whole panels.
 */

import { nodeSum } from './bias';
import { expPair, promoteHigh, demotePairs, log1pPair, logPair, promoteLow, sigmoidPair } from './elementary';

const LOSSES: usize = 128;

/**
 * Cross-entropy of softmax(logits) with the label: log(sum exp(z - max)) - (z_label - max), and its derivative
 * softmax(z) - onehot(label). labels: u32 per sample. The largest logit, the first of equals, is the answer.
 */
export function softmaxCrossEntropy(
  logits: usize,
  labels: usize,
  weights: usize,
  dLogits: usize,
  count: i32,
  classes: i32,
  shardSize: i32,
  sums: usize,
  scratch: usize,
): void {
  const losses = scratch + LOSSES;
  const panelBytes = <usize>classes << 5;
  let correct: u32 = 0;
  for (let sample = 0; sample < count; sample += 4) {
    const offset = <usize>(sample >> 3) * panelBytes + <usize>((sample & 4) << 2);
    const valid = min(4, count - sample);
    correct += softmaxOfFour(logits + offset, labels, dLogits + offset, valid, classes, losses + (<usize>sample << 2));
    labels += 16;
  }
  if (weights != 0) weigh(weights, losses, dLogits, count, classes);
  store<f32>(sums, nodeSum(losses, 32, count, shardSize, scratch));
  store<u32>(sums, correct, 4);
}

function softmaxOfFour(z: usize, labels: usize, d: usize, valid: i32, classes: i32, losses: usize): u32 {
  const bytes = <usize>classes << 5;
  let max = v128.load(z);
  let best = i32x4.splat(0);
  for (let i = 1; i < classes; i++) {
    const x = v128.load(z + (<usize>i << 5));
    const greater = f32x4.gt(x, max);
    max = v128.bitselect(x, max, greater);
    best = v128.bitselect(i32x4.splat(i), best, greater);
  }
  const sum = probabilitiesOfFour(z, d, bytes, max);
  const logSum = demotePairs(logPair(promoteLow(sum)), logPair(promoteHigh(sum)));
  v128.store(losses, logSum);
  let correct: u32 = 0;
  for (let lane = 0; lane < valid; lane++) {
    const word = <usize>(lane << 2);
    const label = load<u32>(labels + word);
    const at = (<usize>label << 5) + word;
    const shifted: f32 = load<f32>(z + at) - laneOf(max, lane);
    store<f32>(losses + word, load<f32>(losses + word) - shifted);
    store<f32>(d + at, load<f32>(d + at) - 1);
    correct += u32(label == <u32>laneOf(f32x4.convert_i32x4_u(best), lane));
  }
  return correct;
}

/** p = exp(z - max) / sum of exp(z - max) for four samples with `bytes` of a panel; answers the sum. */
// @ts-ignore: decorator
@inline
function probabilitiesOfFour(z: usize, p: usize, bytes: usize, max: v128): v128 {
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 32) {
    const e = exp(f32x4.sub(v128.load(z + at), max));
    v128.store(p + at, e);
    sum = f32x4.add(sum, e);
  }
  for (let at = p, end = p + bytes; at < end; at += 32) v128.store(at, f32x4.div(v128.load(at), sum));
  return sum;
}

/** The probabilities of {@link softmaxCrossEntropy} alone; the buffers may be the same. */
export function softmax(logits: usize, target: usize, count: i32, classes: i32): void {
  const bytes = <usize>classes << 5;
  for (let sample = 0; sample < count; sample += 4) {
    const offset = <usize>(sample >> 3) * bytes + <usize>((sample & 4) << 2);
    const z = logits + offset;
    let max = v128.load(z);
    for (let at: usize = 32; at < bytes; at += 32) {
      const x = v128.load(z + at);
      max = v128.bitselect(x, max, f32x4.gt(x, max));
    }
    probabilitiesOfFour(z, target + offset, bytes, max);
  }
}

/** Multiplies losses and derivatives by the weights of their samples, four samples at a time. */
function weigh(weights: usize, losses: usize, d: usize, count: i32, width: i32): void {
  const bytes = <usize>width << 5;
  for (let sample = 0; sample < count; sample += 4) {
    const weight = v128.load(weights);
    v128.store(losses, f32x4.mul(weight, v128.load(losses)));
    let at = d + <usize>(sample >> 3) * bytes + <usize>((sample & 4) << 2);
    for (const end = at + bytes; at < end; at += 32) v128.store(at, f32x4.mul(weight, v128.load(at)));
    weights += 16;
    losses += 16;
  }
}

function laneOf(x: v128, lane: i32): f32 {
  switch (lane) {
    case 0:
      return f32x4.extract_lane(x, 0);
    case 1:
      return f32x4.extract_lane(x, 1);
    case 2:
      return f32x4.extract_lane(x, 2);
    default:
      return f32x4.extract_lane(x, 3);
  }
}

// @ts-ignore: decorator
@inline
function exp(x: v128): v128 {
  return demotePairs(expPair(promoteLow(x)), expPair(promoteHigh(x)));
}

/**
 * Equation (5) before the mean: per sample the sum over outputs of (y - target)^2; its derivative 2 (y - target),
 * equation (7). targets: rows of `width` floats. No sample is counted as correct.
 */
export function squaredError(
  outputs: usize,
  targets: usize,
  weights: usize,
  dOutputs: usize,
  count: i32,
  width: i32,
  shardSize: i32,
  sums: usize,
  scratch: usize,
): void {
  const losses = scratch + LOSSES;
  const panelBytes = <usize>width << 5;
  for (let sample = 0; sample < count; sample++) {
    let at = <usize>(sample >> 3) * panelBytes + <usize>((sample & 7) << 2);
    let loss: f32 = 0;
    for (let i = 0; i < width; i++) {
      const difference: f32 = load<f32>(outputs + at) - load<f32>(targets);
      store<f32>(dOutputs + at, 2 * difference);
      loss += difference * difference;
      at += 32;
      targets += 4;
    }
    store<f32>(losses + (<usize>sample << 2), loss);
  }
  if (weights != 0) weigh(weights, losses, dOutputs, count, width);
  store<f32>(sums, nodeSum(losses, 32, count, shardSize, scratch));
  store<u32>(sums, 0, 4);
}

/**
 * Per sample the sum over outputs of max(z, 0) - z t + log1p(exp(-|z|)), the cross-entropy of sigmoid(z) with t;
 * its derivative sigmoid(z) - t. targets: rows of `width` floats. A sample is correct when every output lies on
 * the side of its target: z > 0 where t > 0.5 and z <= 0 elsewhere.
 */
export function binaryCrossEntropy(
  logits: usize,
  targets: usize,
  weights: usize,
  dLogits: usize,
  count: i32,
  width: i32,
  shardSize: i32,
  sums: usize,
  scratch: usize,
): void {
  const losses = scratch + LOSSES;
  const panelBytes = <usize>width << 5;
  let correct: u32 = 0;
  for (let sample = 0; sample < count; sample++) {
    let at = <usize>(sample >> 3) * panelBytes + <usize>((sample & 7) << 2);
    let loss: f32 = 0;
    let right: u32 = 1;
    for (let i = 0; i < width; i++) {
      const z = load<f32>(logits + at);
      const target = load<f32>(targets);
      const x = f64x2.splat(<f64>z);
      const tail = <f32>f64x2.extract_lane(log1pPair(expPair(f64x2.neg(f64x2.abs(x)))), 0);
      const positive: f32 = z <= 0 ? 0 : z;
      loss += positive - z * target + tail;
      store<f32>(dLogits + at, <f32>f64x2.extract_lane(sigmoidPair(x), 0) - target);
      right &= u32(z > 0 == target > 0.5);
      at += 32;
      targets += 4;
    }
    correct += right;
    store<f32>(losses + (<usize>sample << 2), loss);
  }
  if (weights != 0) weigh(weights, losses, dLogits, count, width);
  store<f32>(sums, nodeSum(losses, 32, count, shardSize, scratch));
  store<u32>(sums, correct, 4);
}
