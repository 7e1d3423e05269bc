/**
 * Sums along the fixed binary tree: node (k, i) covers the leaves [i 2^k, (i + 1) 2^k), a node without
 * a right sibling passes its left one up unchanged. Read from left to right this is a binary counter:
 * after leaf number n the top two entries of a stack are added once per trailing zero bit of n, and
 * what is left at the end is added from the top down.
 */

/** a += b over `vectors` vectors of four float32. */
export function addVectors(a: usize, b: usize, vectors: i32): void {
  const end = a + (<usize>vectors << 4);
  while (a < end) {
    v128.store(a, f32x4.add(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
  }
}

/** Floats of a block that is summed in the first-level cache. */
const BLOCK: i32 = 512;

/**
 * target[i] = (sum along the tree of slots[0..n)[i]) / samples, equation (13), for `length` floats.
 * Slots lie `stride` bytes apart. Answers 1 if every mean is finite, else 0.
 * target and the slots are read and written in whole vectors: up to 12 bytes behind `length` are touched.
 * scratch: 32 * 512 floats.
 */
export function treeMean(
  slots: usize,
  stride: usize,
  n: i32,
  length: i32,
  samples: f32,
  target: usize,
  scratch: usize,
): i32 {
  const divisor = f32x4.splat(samples);
  const zero = f32x4.splat(0);
  let finite = i32x4.splat(-1);
  for (let start = 0; start < length; start += BLOCK) {
    const vectors = (min(BLOCK, length - start) + 3) >> 2;
    const offset = <usize>start << 2;
    let source = slots + offset;
    if (n > 1) {
      treeOfBlocks(source, stride, n, vectors, scratch);
      source = scratch;
    }
    let to = target + offset;
    const end = to + (<usize>vectors << 4);
    let masked = (start + (vectors << 2)) > length;
    while (to < end) {
      const mean = f32x4.div(v128.load(source), divisor);
      v128.store(to, mean);
      // x - x is 0 for finite x and NaN otherwise. The last vector may hold what is not ours.
      const ok = f32x4.eq(f32x4.sub(mean, mean), zero);
      if (masked && to + 16 == end) {
        const valid = length & 3;
        for (let lane = 0; lane < valid; lane++) {
          const value = load<f32>(to + <usize>(lane << 2));
          if (value - value != 0) return 0;
        }
      } else {
        finite = v128.and(finite, ok);
      }
      source += 16;
      to += 16;
    }
  }
  return i32(i32x4.all_true(finite));
}

function treeOfBlocks(source: usize, stride: usize, n: i32, vectors: i32, stack: usize): void {
  const bytes = <usize>BLOCK << 2;
  let top = stack;
  for (let leaf = 1; leaf <= n; leaf++) {
    memory.copy(top, source, <usize>vectors << 4);
    source += stride;
    for (let siblings = leaf; (siblings & 1) == 0; siblings >>= 1) {
      top -= bytes;
      addVectors(top, top + bytes, vectors);
    }
    top += bytes;
  }
  for (top -= bytes; top > stack; ) {
    top -= bytes;
    addVectors(top, top + bytes, vectors);
  }
}

/** target += source over `length` floats: two siblings become their parent, the left one in place. */
export function add(target: usize, source: usize, length: i32): void {
  addVectors(target, source, length >> 2);
  for (let i = length & ~3; i < length; i++) {
    const at = <usize>i << 2;
    store<f32>(target + at, load<f32>(target + at) + load<f32>(source + at));
  }
}

/** 1 if all `length` floats are finite, else 0. */
export function allFinite(source: usize, length: i32): i32 {
  const zero = f32x4.splat(0);
  let finite = i32x4.splat(-1);
  const vectorsEnd = source + <usize>((length >> 2) << 4);
  const end = source + (<usize>length << 2);
  while (source < vectorsEnd) {
    const x = v128.load(source);
    finite = v128.and(finite, f32x4.eq(f32x4.sub(x, x), zero));
    source += 16;
  }
  while (source < end) {
    const x = load<f32>(source);
    if (x - x != 0) return 0;
    source += 4;
  }
  return i32(i32x4.all_true(finite));
}
