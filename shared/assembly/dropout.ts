/**
 * Dropout (Srivastava et al. 2014) over panels, forward and backward alike: whether a value is kept follows from the
 * seed, the step, the layer and the place of the value alone (Philox4x32-10, Salmon et al., SC'11), so that nobody
 * has to keep or to send a mask. Lanes are samples: one block of each of four samples decides on four of their units.
 */

/** The number of dropout among the purposes of src/random/philox.ts. */
const PURPOSE: u32 = 4;

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/**
 * target = fround(source * scale) where the word of the value is below `threshold`, else +0; samples that are missing
 * from the last panel become +0. Word u & 3 of the block with the key (keyLow, keyHigh) and the counter
 * (u >> 2, first + s, step, PURPOSE | layer << 8) belongs to unit u of sample s. The buffers may be the same.
 */
export function dropout(
  source: usize,
  target: usize,
  count: i32,
  width: i32,
  keyLow: u32,
  keyHigh: u32,
  step: u32,
  layer: u32,
  first: u32,
  threshold: u32,
  scale: f32,
): void {
  const panelBytes = <usize>width << 5;
  const purpose = PURPOSE | (layer << 8);
  for (let sample = 0; sample < ((count + 7) & ~7); sample += 4) {
    const lanes = i32x4.add(i32x4.splat(sample), i32x4(0, 1, 2, 3));
    const samples = i32x4.add(lanes, i32x4.splat(first));
    const isPresent = i32x4.lt_s(lanes, i32x4.splat(count));
    const offset = <usize>(sample >> 3) * panelBytes + <usize>((sample & 4) << 2);
    let from = source + offset;
    let to = target + offset;
    for (let unit = 0; unit < width; unit += 4) {
      let x0 = i32x4.splat(unit >> 2);
      let x1 = samples;
      let x2 = i32x4.splat(step);
      let x3 = i32x4.splat(purpose);
      let key0 = keyLow;
      let key1 = keyHigh;
      for (let round = 0; round < 10; round++) {
        const m0 = i32x4.splat(M0);
        const m1 = i32x4.splat(M1);
        const left0 = i64x2.extmul_low_i32x4_u(x0, m0);
        const right0 = i64x2.extmul_high_i32x4_u(x0, m0);
        const left1 = i64x2.extmul_low_i32x4_u(x2, m1);
        const right1 = i64x2.extmul_high_i32x4_u(x2, m1);
        x0 = v128.xor(v128.xor(highWords(left1, right1), x1), i32x4.splat(key0));
        x1 = lowWords(left1, right1);
        x2 = v128.xor(v128.xor(highWords(left0, right0), x3), i32x4.splat(key1));
        x3 = lowWords(left0, right0);
        key0 += W0;
        key1 += W1;
      }
      const units = width - unit;
      keep(from, to, x0, threshold, isPresent, scale);
      if (units > 1) keep(from + 32, to + 32, x1, threshold, isPresent, scale);
      if (units > 2) keep(from + 64, to + 64, x2, threshold, isPresent, scale);
      if (units > 3) keep(from + 96, to + 96, x3, threshold, isPresent, scale);
      from += 128;
      to += 128;
    }
  }
}

/** One unit of four samples: a value that is not kept becomes +0, whatever it was. */
// @ts-ignore: decorator
@inline
function keep(from: usize, to: usize, words: v128, threshold: u32, isPresent: v128, scale: f32): void {
  const isKept = v128.and(i32x4.lt_u(words, i32x4.splat(threshold)), isPresent);
  v128.store(to, v128.and(f32x4.mul(v128.load(from), f32x4.splat(scale)), isKept));
}

/** The upper halves of four products of 64 bits. */
// @ts-ignore: decorator
@inline
function highWords(left: v128, right: v128): v128 {
  return i32x4.shuffle(left, right, 1, 3, 5, 7);
}

/** The lower halves. */
// @ts-ignore: decorator
@inline
function lowWords(left: v128, right: v128): v128 {
  return i32x4.shuffle(left, right, 0, 2, 4, 6);
}
