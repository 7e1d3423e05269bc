/**
 * The kernels: everything that touches a vector. Two implementations give the same bits, the SIMD module
 * (assembly/, bound in wasm.ts) and its plain TypeScript twin (reference.ts), which is the judge.
 *
 * All arguments named after a buffer are byte offsets into one memory. Vectors are float32. A batch has two
 * shapes: `rows` ([count][ld], one sample after the other, `ld` a multiple of 8, zeros behind the width) and
 * `panels` (eight samples side by side: feature f of sample s lies at ((s >> 3) * width + f) * 32 + (s & 7) * 4
 * bytes), in which vector lanes are samples and never terms of one sum.
 *
 * Arithmetic: round to nearest even after every single operation, no fused multiply-add. A dot product is summed
 * in index order from +0 in one accumulator. Sums over samples run in sample order within a shard, and along
 * the fixed binary tree over the shards of a node.
 */

/** sigma of equations (1) and (14), by its number inside the kernels; append-only. */
export const activationIds = {
  identity: 0,
  relu: 1,
  leakyRelu: 2,
  elu: 3,
  gelu: 4,
  silu: 5,
  sigmoid: 6,
  tanh: 7,
  softplus: 8,
} as const;
export type Activation = keyof typeof activationIds;

/** `unit`: one bias per unit; `layer`: the one shared b of equations (14) and (16); `none`: no bias. */
export const biasModeIds = { none: 0, layer: 1, unit: 2 } as const;
export type BiasMode = keyof typeof biasModeIds;

/** Numbers of the elementary functions of {@link Kernels.map}. */
export const elementaryIds = { exp: 0, expm1: 1, log: 2, log1p: 3, tanh: 4, sin: 5, cos: 6 } as const;

/** Bytes in which a vector can be read or written past its end; every buffer is padded by them. */
export const PADDING_BYTES = 64;

/** Floats of a block of {@link Kernels.squareSums}, counted from its source. */
export const SQUARE_SUM_FLOATS = 512;

/** Floats between rows of `width` values. */
export function leadingDimension(width: number): number {
  return (width + 7) & ~7;
}

/** Bytes of `count` samples of `width` features as panels. */
export function panelBytes(count: number, width: number): number {
  return ((count + 7) >> 3) * width * 32;
}

/** Bytes of scratch that any kernel needs for at most `count` samples and `units` outputs of a layer. */
export function scratchBytes(count: number, units: number): number {
  const weightGradient = 34 * 320 + Math.ceil(units / 5) * count * 20 + count * 256;
  const gemm = 256 * 240 + 160;
  const losses = 128 + 4 * (count + 8);
  const tree = 32 * 512 * 4;
  return Math.max(weightGradient, gemm, losses, tree) + PADDING_BYTES;
}

/** Bytes of a list of windows of rows with `ld` floats between them, see {@link Kernels.findWindows}. */
export function windowsBytes(ld: number): number {
  return 4 + ld * 4;
}

export interface Kernels {
  /** rows = bytes [count][width] / divisor. */
  bytesToRows(bytes: number, rows: number, count: number, width: number, ld: number, divisor: number): void;
  rowsToPanels(rows: number, panels: number, count: number, width: number, ld: number): void;
  panelsToRows(panels: number, rows: number, count: number, width: number, ld: number): void;
  /** target = source, bit by bit. */
  copy(source: number, target: number, floats: number): void;
  /**
   * Lists where rows [count][ld], ld a multiple of 8, are not all zero: u32 { n, first columns [n] } of windows of eight
   * columns, each the next one that holds another value than +0 and -0 and is in none before it; where there is none, the
   * list is { 1, 0 }. Answers 1 if 8 n < inputs - floor(inputs / 16); else 0, and the list is not defined.
   */
  findWindows(rows: number, ld: number, count: number, inputs: number, windows: number): number;

  /**
   * output = sigma(z), z = W input + b, equations (1) and (14). weights [units][inputs]; input, z and output
   * panels; z and output may be one buffer where `activationBackward` needs no z.
   */
  denseForward(
    weights: number,
    bias: number,
    biasMode: number,
    input: number,
    z: number,
    output: number,
    count: number,
    inputs: number,
    units: number,
    activation: number,
    scratch: number,
  ): void;
  /**
   * The same from rows. `windows` is a list of theirs, or 0. With a list all weights have to be finite: terms 0 w are
   * left out. `panels` is room for panels [inputs].
   */
  denseForwardRows(
    weights: number,
    bias: number,
    biasMode: number,
    rows: number,
    ld: number,
    windows: number,
    panels: number,
    z: number,
    output: number,
    count: number,
    inputs: number,
    units: number,
    activation: number,
    scratch: number,
  ): void;
  /** target = sigma(source) over `floats` (a multiple of 8) of panels; the buffers may be the same. */
  activate(activation: number, source: number, target: number, floats: number): void;
  /** d *= sigma'(z) in place over `floats` (a multiple of 8) of panels. */
  activationBackward(activation: number, z: number, output: number, d: number, floats: number): void;
  /** dInput = W^T dz, equation (15); dz and dInput panels. */
  denseInputGradient(
    weights: number,
    dz: number,
    dInput: number,
    count: number,
    inputs: number,
    units: number,
    scratch: number,
  ): void;
  /**
   * dWeights [units][inputs] = sum over shards along the tree of sum over samples of dz x^T; input as rows. `windows` is
   * a list of theirs, or 0; if all of dz is finite, terms dz 0 are left out.
   */
  denseWeightGradient(
    dz: number,
    rows: number,
    ld: number,
    windows: number,
    dWeights: number,
    count: number,
    shardSize: number,
    inputs: number,
    units: number,
    scratch: number,
  ): void;
  /** dBias = the same sum of dz, equation (16). */
  denseBiasGradient(
    dz: number,
    dBias: number,
    count: number,
    shardSize: number,
    units: number,
    biasMode: number,
    scratch: number,
  ): void;

  /**
   * target = dropout of source, both panels, and maybe the same buffer. Unit u of sample s has word u & 3 of the
   * Philox block with the key (keyLow, keyHigh) and the counter (u >> 2, first + s, step, 4 | layer << 8), all u32
   * (random/philox.ts). Where word < `threshold`, a u32 = floor(keep 2^32), the value becomes fround(x scale), else
   * +0. What is missing from the last panel becomes +0. With keep = 1 there is no such threshold: nothing is to call.
   */
  dropout(
    source: number,
    target: number,
    count: number,
    width: number,
    keyLow: number,
    keyHigh: number,
    step: number,
    layer: number,
    first: number,
    threshold: number,
    scale: number,
  ): void;

  /** labels u32 [count]; sums receives { loss: f32, correct: u32 }. */
  softmaxCrossEntropy: LossKernel;
  /** targets rows [count][width] without padding; sums receives { loss: f32, correct: u32 }. */
  squaredError: LossKernel;
  /** targets rows [count][width] without padding; sums receives { loss: f32, correct: u32 }. */
  binaryCrossEntropy: LossKernel;
  /** target = the probabilities exp(z - max z) / sum of exp(z - max z); panels, and maybe the same buffer. */
  softmax(logits: number, target: number, count: number, classes: number): void;

  /** target += source over `length` floats. */
  add(target: number, source: number, length: number): void;
  /** target = (sum along the tree of n slots, `stride` bytes apart) / samples; answers 1 if all are finite. */
  treeMean(
    slots: number,
    stride: number,
    n: number,
    length: number,
    samples: number,
    target: number,
    scratch: number,
  ): number;

  /** x > limit ? limit : x < -limit ? -limit : x in place, for limit > 0; a NaN stays. */
  clamp(target: number, length: number, limit: number): void;
  /** target *= factor. */
  scale(target: number, length: number, factor: number): void;
  /**
   * For every SQUARE_SUM_FLOATS of `source`, and for what is left at the end, one float64 at `target`: in each of eight
   * columns (float i of a block is in column i & 7) the sum of x^2 in index order from +0, and the columns along the
   * tree. target: a multiple of 4; the sums lie 8 bytes apart.
   */
  squareSums(source: number, length: number, target: number): void;

  // The optimizers answer 1 if all that they wrote is finite, else 0.

  /** w' = w - rate d; d = g + decay w, or with momentum v' = momentum v + d and d = nesterov ? d + momentum v' : v'. */
  sgd(
    gradient: number,
    w: number,
    wNext: number,
    v: number,
    vNext: number,
    length: number,
    learningRate: number,
    momentum: number,
    nesterov: number,
    weightDecay: number,
  ): number;
  /** Adam and AdamW; see optim/optimizers.ts for the scalars. */
  adam(
    gradient: number,
    w: number,
    wNext: number,
    m: number,
    mNext: number,
    v: number,
    vNext: number,
    length: number,
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    stepSize: number,
    root: number,
    epsilon: number,
    weightDecay: number,
    shrink: number,
  ): number;
  /** s' = keep s + add g^2; w' = w - rate g / (sqrt(s') + epsilon): RMSProp and AdaGrad. */
  scaledByRootMeanSquare(
    gradient: number,
    w: number,
    wNext: number,
    s: number,
    sNext: number,
    length: number,
    learningRate: number,
    keep: number,
    add: number,
    epsilon: number,
    weightDecay: number,
  ): number;

  /** target[i] = f(source[i]); `length` is a multiple of 4. */
  map(f: number, source: number, target: number, length: number): void;
}

/**
 * A loss and its derivative by the outputs (panels), as sums over samples and never as means. `weights` is the address
 * of one float32 per sample, or 0: the loss of a sample and each of its derivatives are multiplied by its weight, the
 * count of correct samples is not.
 */
export type LossKernel = (
  outputs: number,
  targets: number,
  weights: number,
  dOutputs: number,
  count: number,
  width: number,
  shardSize: number,
  sums: number,
  scratch: number,
) => void;
