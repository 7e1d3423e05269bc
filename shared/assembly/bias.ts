/** The gradient of the biases, equation (16): dz summed over the samples of each shard, shards along the tree. */

/**
 * dBias[unit] = sum along the tree of each shard's sum over its samples in order of dz; for `biasMode` 1 the
 * single dBias[0], where a sample's dz is first summed over the units in index order.
 * dz panels [units]; scratch: 32 floats of a stack, then `count` floats.
 */
export function denseBiasGradient(
  dz: usize,
  dBias: usize,
  count: i32,
  shardSize: i32,
  units: i32,
  biasMode: i32,
  scratch: usize,
): void {
  const panelBytes = <usize>units << 5;
  if (biasMode == 1) {
    const sums = scratch + 128;
    for (let sample = 0; sample < count; sample++) {
      let from = dz + <usize>(sample >> 3) * panelBytes + <usize>((sample & 7) << 2);
      let sum: f32 = 0;
      for (let unit = 0; unit < units; unit++) {
        sum += load<f32>(from);
        from += 32;
      }
      store<f32>(sums + (<usize>sample << 2), sum);
    }
    // One unit's values, sample after sample, are what a panel of one feature is.
    store<f32>(dBias, nodeSum(sums, 32, count, shardSize, scratch));
  } else if (count == 1) {
    for (const end = dBias + (<usize>units << 2); dBias < end; dBias += 4, dz += 32) {
      store<f32>(dBias, <f32>0 + load<f32>(dz));
    }
  } else {
    for (let unit = 0; unit < units; unit++) {
      store<f32>(dBias + (<usize>unit << 2), nodeSum(dz + (<usize>unit << 5), panelBytes, count, shardSize, scratch));
    }
  }
}

/**
 * Sums values of `count` samples: eight neighbours, then `panelBytes` further on. Each shard from +0 in sample
 * order, the shards along the tree (see reduce.ts). stack: 32 floats.
 */
export function nodeSum(values: usize, panelBytes: usize, count: i32, shardSize: i32, stack: usize): f32 {
  let top = stack;
  let sample = 0;
  for (let shard = 1; sample < count; shard++) {
    const end = min(sample + shardSize, count);
    let sum: f32 = 0;
    while (sample < end) {
      const panel = values + <usize>(sample >> 3) * panelBytes;
      const stop = min(end, (sample | 7) + 1);
      for (; sample < stop; sample++) sum += load<f32>(panel + <usize>((sample & 7) << 2));
    }
    for (let siblings = shard; (siblings & 1) == 0; siblings >>= 1) {
      top -= 4;
      sum = load<f32>(top) + sum;
    }
    store<f32>(top, sum);
    top += 4;
  }
  top -= 4;
  let sum = load<f32>(top);
  while (top > stack) {
    top -= 4;
    sum = load<f32>(top) + sum;
  }
  return sum;
}
