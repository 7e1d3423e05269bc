/**
 * Optimizer updates over `length` floats: read the mean gradient, the weights and the state of version t, write
 * those of version t + 1. The order of operations is fixed and the work element-wise, so any slicing gives the
 * same bits. Vectors of four; a slice's last floats go one by one through the same formulas.
 */

// @ts-ignore: decorator
@inline
function one(x: usize): v128 {
  return v128.load32_zero(x);
}

// @ts-ignore: decorator
@inline
function put(to: usize, x: v128, whole: bool): void {
  if (whole) v128.store(to, x);
  else v128.store32_lane(to, x, 0);
}

// @ts-ignore: decorator
@inline
function get(from: usize, whole: bool): v128 {
  return whole ? v128.load(from) : one(from);
}

/**
 * Stochastic gradient descent, equation (12), with weight decay and (Nesterov) momentum in the form of
 * Sutskever et al. (2013) as PyTorch writes it: g += decay w; v' = momentum v + g; w' = w - rate (nesterov ?
 * g + momentum v' : v'). With momentum 0 the velocity is neither read nor written.
 */
export function sgd(
  gradient: usize,
  w: usize,
  wNext: usize,
  v: usize,
  vNext: usize,
  length: i32,
  learningRate: f32,
  momentum: f32,
  nesterov: i32,
  weightDecay: f32,
): void {
  const rate = f32x4.splat(learningRate);
  const mu = f32x4.splat(momentum);
  const decay = f32x4.splat(weightDecay);
  for (let i = 0; i < length; ) {
    const whole = i + 4 <= length;
    const at = <usize>i << 2;
    const weight = get(w + at, whole);
    let g = get(gradient + at, whole);
    if (weightDecay != 0) g = f32x4.add(g, f32x4.mul(decay, weight));
    if (momentum != 0) {
      const velocity = f32x4.add(f32x4.mul(mu, get(v + at, whole)), g);
      put(vNext + at, velocity, whole);
      g = nesterov ? f32x4.add(g, f32x4.mul(mu, velocity)) : velocity;
    }
    put(wNext + at, f32x4.sub(weight, f32x4.mul(rate, g)), whole);
    i += whole ? 4 : 1;
  }
}

/**
 * Adam (Kingma & Ba 2015) and, with `decoupled`, AdamW (Loshchilov & Hutter 2019):
 * m' = beta1 m + (1 - beta1) g; v' = beta2 v + (1 - beta2) g^2; w' = w - stepSize m' / (sqrt(v') / root + epsilon),
 * where stepSize = rate / (1 - beta1^t) and root = sqrt(1 - beta2^t). `decay` is added to the gradient as
 * decay w, or multiplies the weights as w (1 - rate decay), which the caller passes as `shrink`.
 */
export function adam(
  gradient: usize,
  w: usize,
  wNext: usize,
  m: usize,
  mNext: usize,
  v: usize,
  vNext: usize,
  length: i32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  stepSize: f32,
  root: f32,
  epsilon: f32,
  weightDecay: f32,
  shrink: f32,
): void {
  const b1 = f32x4.splat(beta1);
  const c1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2);
  const c2 = f32x4.splat(oneMinusBeta2);
  const step = f32x4.splat(stepSize);
  const roots = f32x4.splat(root);
  const eps = f32x4.splat(epsilon);
  const decay = f32x4.splat(weightDecay);
  const shrinks = f32x4.splat(shrink);
  for (let i = 0; i < length; ) {
    const whole = i + 4 <= length;
    const at = <usize>i << 2;
    let weight = get(w + at, whole);
    let g = get(gradient + at, whole);
    if (weightDecay != 0) g = f32x4.add(g, f32x4.mul(decay, weight));
    if (shrink != 1) weight = f32x4.mul(weight, shrinks);
    const first = f32x4.add(f32x4.mul(b1, get(m + at, whole)), f32x4.mul(c1, g));
    const second = f32x4.add(f32x4.mul(b2, get(v + at, whole)), f32x4.mul(c2, f32x4.mul(g, g)));
    put(mNext + at, first, whole);
    put(vNext + at, second, whole);
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(second), roots), eps);
    put(wNext + at, f32x4.sub(weight, f32x4.mul(step, f32x4.div(first, denominator))), whole);
    i += whole ? 4 : 1;
  }
}

/**
 * RMSProp (Tieleman & Hinton 2012), s' = decay s + (1 - decay) g^2, and, with `keep` = `add` = 1, AdaGrad
 * (Duchi et al. 2011), s' = s + g^2; both w' = w - rate g / (sqrt(s') + epsilon).
 */
export function scaledByRootMeanSquare(
  gradient: usize,
  w: usize,
  wNext: usize,
  s: usize,
  sNext: usize,
  length: i32,
  learningRate: f32,
  keep: f32,
  add: f32,
  epsilon: f32,
  weightDecay: f32,
): void {
  const rate = f32x4.splat(learningRate);
  const keeps = f32x4.splat(keep);
  const adds = f32x4.splat(add);
  const eps = f32x4.splat(epsilon);
  const decay = f32x4.splat(weightDecay);
  for (let i = 0; i < length; ) {
    const whole = i + 4 <= length;
    const at = <usize>i << 2;
    const weight = get(w + at, whole);
    let g = get(gradient + at, whole);
    if (weightDecay != 0) g = f32x4.add(g, f32x4.mul(decay, weight));
    const square = f32x4.add(f32x4.mul(keeps, get(s + at, whole)), f32x4.mul(adds, f32x4.mul(g, g)));
    put(sNext + at, square, whole);
    const update = f32x4.div(g, f32x4.add(f32x4.sqrt(square), eps));
    put(wNext + at, f32x4.sub(weight, f32x4.mul(rate, update)), whole);
    i += whole ? 4 : 1;
  }
}
