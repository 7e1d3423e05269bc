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

/** target = a + b over `vectors` vectors of four float32. */
function sumVectors(a: usize, b: usize, target: usize, vectors: i32): void {
  const end = a + (<usize>vectors << 4);
  while (a < end) {
    v128.store(target, f32x4.add(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    target += 16;
  }
}

/** Floats of a block that is summed in the first-level cache. */
const BLOCK: i32 = 512;

/**
 * target[i] = (sum along the tree of slots[0..n)[i]) / samples, equation (13), for `length` floats.
 * Slots lie `stride` bytes apart. Answers 1 if every mean is finite, else 0.
 * The slots are read in whole vectors, up to 12 bytes behind `length`.
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
  let finite: i32 = 1;
  for (let start = 0; start < length; start += BLOCK) {
    const floats = min(BLOCK, length - start);
    const vectors = (floats + 3) >> 2;
    const offset = <usize>start << 2;
    let source = slots + offset;
    if (n > 1) {
      treeOfBlocks(source, stride, n, vectors, scratch);
      source = scratch;
    }
    finite &= divide(source, samples, target + offset, floats);
  }
  return finite;
}

/**
 * target = source / divisor; answers 1 if all are finite. Dividing by a power of two and multiplying by its
 * reciprocal, which is exact, round the same real number, and a multiplication takes a fifth of the time.
 */
function divide(source: usize, divisor: f32, target: usize, length: i32): i32 {
  const zero = f32x4.splat(0);
  let finite = i32x4.splat(-1);
  const wholeEnd = target + <usize>((length >> 2) << 4);
  const end = target + (<usize>length << 2);
  if ((reinterpret<u32>(divisor) & 0x7fffff) == 0) {
    const factor = f32x4.splat(1 / divisor);
    for (; target < wholeEnd; source += 16, target += 16) {
      const x = f32x4.mul(v128.load(source), factor);
      v128.store(target, x);
      finite = v128.and(finite, f32x4.eq(f32x4.sub(x, x), zero));
    }
  } else {
    const divisors = f32x4.splat(divisor);
    for (; target < wholeEnd; source += 16, target += 16) {
      const x = f32x4.div(v128.load(source), divisors);
      v128.store(target, x);
      finite = v128.and(finite, f32x4.eq(f32x4.sub(x, x), zero));
    }
  }
  let tail: i32 = 1;
  for (; target < end; source += 4, target += 4) {
    const x: f32 = load<f32>(source) / divisor;
    store<f32>(target, x);
    tail &= i32(x - x == 0);
  }
  return tail & i32(i32x4.all_true(finite));
}

/** The root of n > 1 blocks to the bottom of the stack; two leaves are added where they lie. */
function treeOfBlocks(source: usize, stride: usize, n: i32, vectors: i32, stack: usize): void {
  const bytes = <usize>BLOCK << 2;
  let top = stack;
  for (let leaf = 0; leaf + 1 < n; leaf += 2) {
    sumVectors(source, source + stride, top, vectors);
    source += stride << 1;
    for (let siblings = (leaf >> 1) + 1; (siblings & 1) == 0; siblings >>= 1) {
      top -= bytes;
      addVectors(top, top + bytes, vectors);
    }
    top += bytes;
  }
  if ((n & 1) != 0) {
    memory.copy(top, source, <usize>vectors << 4);
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
