/**
 * Optimizer updates over `length` floats: read the mean gradient, the weights and the state of version t, write
 * those of version t + 1. The order of operations is fixed and the work element-wise, so any slicing gives the
 * same bits: vectors of four, then a slice's last floats one by one through the same formula. Each answers 1 if
 * all that it wrote is finite, else 0.
 */

// @ts-ignore: decorator
@inline
function get(from: usize, whole: bool): v128 {
  return whole ? v128.load(from) : v128.load32_zero(from);
}

// @ts-ignore: decorator
@inline
function put(to: usize, x: v128, whole: bool): void {
  if (whole) v128.store(to, x);
  else v128.store32_lane(to, x, 0);
}

/** All ones in the lanes where x is finite, for x - x is 0 there and NaN elsewhere, and in lanes that are not ours. */
// @ts-ignore: decorator
@inline
function finite(x: v128, whole: bool): v128 {
  const lanes = f32x4.eq(f32x4.sub(x, x), f32x4.splat(0));
  return whole ? lanes : v128.or(lanes, i32x4(0, -1, -1, -1));
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
): i32 {
  const rate = f32x4.splat(learningRate);
  const mu = f32x4.splat(momentum);
  const decay = f32x4.splat(weightDecay);
  const bytes = <usize>length << 2;
  const wholeBytes = bytes & ~15;
  let ok = i32x4.splat(-1);
  let at: usize = 0;
  if (momentum == 0 && weightDecay == 0) {
    // Nothing but memory bounds the plain step, so its loop has no choices inside.
    for (; at < wholeBytes; at += 16) {
      ok = v128.and(ok, descend(w + at, wNext + at, rate, v128.load(gradient + at), true));
    }
  }
  while (at < bytes) {
    const whole = at < wholeBytes;
    const g = decayed(gradient + at, w + at, decay, weightDecay, whole);
    let d = g;
    if (momentum != 0) {
      // v' = momentum v + g, and with Nesterov's look ahead the direction is g + momentum v'.
      const velocity = f32x4.add(f32x4.mul(mu, get(v + at, whole)), g);
      put(vNext + at, velocity, whole);
      ok = v128.and(ok, finite(velocity, whole));
      d = nesterov ? f32x4.add(g, f32x4.mul(mu, velocity)) : velocity;
    }
    ok = v128.and(ok, descend(w + at, wNext + at, rate, d, whole));
    at += whole ? 16 : 4;
  }
  return i32(i32x4.all_true(ok));
}

/** w' = w - rate d */
// @ts-ignore: decorator
@inline
function descend(w: usize, wNext: usize, rate: v128, d: v128, whole: bool): v128 {
  const next = f32x4.sub(get(w, whole), f32x4.mul(rate, d));
  put(wNext, next, whole);
  return finite(next, whole);
}

/** g + decay w */
// @ts-ignore: decorator
@inline
function decayed(gradient: usize, w: usize, decay: v128, weightDecay: f32, whole: bool): v128 {
  const g = get(gradient, whole);
  return weightDecay == 0 ? g : f32x4.add(g, f32x4.mul(decay, get(w, whole)));
}

/**
 * Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019):
 * m' = beta1 m + (1 - beta1) g; v' = beta2 v + (1 - beta2) g^2; w' = w - stepSize m' / (sqrt(v') / root + epsilon),
 * where stepSize = rate / (1 - beta1^t) and root = sqrt(1 - beta2^t). `weightDecay` is added to the gradient as
 * decay w; decoupled it multiplies the weights as `shrink` = 1 - rate decay.
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
): i32 {
  const b1 = f32x4.splat(beta1);
  const c1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2);
  const c2 = f32x4.splat(oneMinusBeta2);
  const step = f32x4.splat(stepSize);
  const roots = f32x4.splat(root);
  const eps = f32x4.splat(epsilon);
  const decay = f32x4.splat(weightDecay);
  const shrinks = f32x4.splat(shrink);
  const bytes = <usize>length << 2;
  const wholeBytes = bytes & ~15;
  let ok = i32x4.splat(-1);
  for (let at: usize = 0; at < bytes; ) {
    const whole = at < wholeBytes;
    let weight = get(w + at, whole);
    const g = decayed(gradient + at, w + at, decay, weightDecay, whole);
    if (shrink != 1) weight = f32x4.mul(weight, shrinks);
    const first = f32x4.add(f32x4.mul(b1, get(m + at, whole)), f32x4.mul(c1, g));
    const second = f32x4.add(f32x4.mul(b2, get(v + at, whole)), f32x4.mul(c2, f32x4.mul(g, g)));
    put(mNext + at, first, whole);
    put(vNext + at, second, whole);
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(second), roots), eps);
    const next = f32x4.sub(weight, f32x4.mul(step, f32x4.div(first, denominator)));
    put(wNext + at, next, whole);
    ok = v128.and(ok, v128.and(finite(next, whole), v128.and(finite(first, whole), finite(second, whole))));
    at += whole ? 16 : 4;
  }
  return i32(i32x4.all_true(ok));
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
): i32 {
  const rate = f32x4.splat(learningRate);
  const keeps = f32x4.splat(keep);
  const adds = f32x4.splat(add);
  const eps = f32x4.splat(epsilon);
  const decay = f32x4.splat(weightDecay);
  const bytes = <usize>length << 2;
  const wholeBytes = bytes & ~15;
  let ok = i32x4.splat(-1);
  for (let at: usize = 0; at < bytes; ) {
    const whole = at < wholeBytes;
    const g = decayed(gradient + at, w + at, decay, weightDecay, whole);
    const square = f32x4.add(f32x4.mul(keeps, get(s + at, whole)), f32x4.mul(adds, f32x4.mul(g, g)));
    put(sNext + at, square, whole);
    ok = v128.and(ok, finite(square, whole));
    const direction = f32x4.div(g, f32x4.add(f32x4.sqrt(square), eps));
    ok = v128.and(ok, descend(w + at, wNext + at, rate, direction, whole));
    at += whole ? 16 : 4;
  }
  return i32(i32x4.all_true(ok));
}
