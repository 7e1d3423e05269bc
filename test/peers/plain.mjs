/** Loops over typed arrays, written for one hidden layer and nothing else: what plain JavaScript can do. */

import { batches, layersOf, readTensors, serve } from '@hivegrad/test/bench/serve';

await serve((task) => {
  const description = `plain JavaScript, Node ${process.version}`;
  if (task.kind === 'product') return { description, work: productWork(task.size) };
  if (task.widths.length !== 3 || task.optimizer.type !== 'sgd') {
    throw new Error('The loops are written for one hidden layer and plain gradient descent.');
  }
  const tensors = readTensors(task);
  const nextBatch = batches(task);
  const { net, step } =
    task.loss === 'squaredError' ? pointNetwork(task, tensors) : classifier(task, tensors);
  return {
    description,
    work(steps) {
      for (let i = 0; i < steps; i++) step(nextBatch());
    },
    loss: () => net(),
  };
});

/** Inputs - hidden tanh - 1 output, squared error. */
function pointNetwork({ widths: [inputs, hidden], optimizer, probeSamples, batchSize }, tensors) {
  const { features, targets, weights } = tensors;
  const [{ weight: w1, bias: b1 }, { weight: w2, bias: b2 }] = layersOf(
    { widths: [inputs, hidden, 1] },
    weights,
  );
  const h = new Float32Array(hidden);
  const rate = optimizer.learningRate;
  if (batchSize !== 1) throw new Error('The loop is written for batches of one sample.');
  const forward = (base) => {
    let answer = b2[0];
    for (let j = 0; j < hidden; j++) {
      let z = b1[j];
      for (let i = 0; i < inputs; i++) z += w1[j * inputs + i] * features[base + i];
      h[j] = Math.tanh(z);
      answer += w2[j] * h[j];
    }
    return answer;
  };
  const step = (batch) => {
    const sample = batch[0];
    const base = sample * inputs;
    const delta = 2 * (forward(base) - targets[sample]) * rate;
    for (let j = 0; j < hidden; j++) {
      const d = delta * w2[j] * (1 - h[j] * h[j]);
      w2[j] -= delta * h[j];
      b1[j] -= d;
      for (let i = 0; i < inputs; i++) w1[j * inputs + i] -= d * features[base + i];
    }
    b2[0] -= delta;
  };
  const net = () => {
    let sum = 0;
    for (let s = 0; s < probeSamples; s++) sum += (forward(s * inputs) - targets[s]) ** 2;
    return sum / probeSamples;
  };
  return { net, step };
}

/** Inputs - hidden relu - classes, softmax cross-entropy; one sample after the other, zeros skipped. */
function classifier({ widths: [inputs, hidden, classes], optimizer, probeSamples, batchSize }, tensors) {
  const { features, targets, weights } = tensors;
  const [first, second] = layersOf({ widths: [inputs, hidden, classes] }, weights);
  // By inputs, so that the loop inside runs over neighbours and a zero pixel costs nothing.
  const w1 = new Float32Array(inputs * hidden);
  for (let j = 0; j < hidden; j++) {
    for (let i = 0; i < inputs; i++) w1[i * hidden + j] = first.weight[j * inputs + i];
  }
  const { bias: b1 } = first;
  const { weight: w2, bias: b2 } = second;
  const hs = new Float32Array(batchSize * hidden);
  const dhs = new Float32Array(batchSize * hidden);
  const ps = new Float32Array(batchSize * classes);
  const scale = optimizer.learningRate / batchSize;

  const forward = (base, h, p) => {
    h.set(b1);
    for (let i = 0; i < inputs; i++) {
      const x = features[base + i];
      if (x === 0) continue;
      const row = i * hidden;
      for (let j = 0; j < hidden; j++) h[j] += x * w1[row + j];
    }
    for (let j = 0; j < hidden; j++) if (!(h[j] > 0)) h[j] = 0;
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) {
      let z = b2[c];
      for (let j = 0; j < hidden; j++) z += w2[c * hidden + j] * h[j];
      p[c] = z;
      largest = Math.max(largest, z);
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += p[c] = Math.exp(p[c] - largest);
    for (let c = 0; c < classes; c++) p[c] /= sum;
  };
  const views = (i) => [
    hs.subarray(i * hidden, (i + 1) * hidden),
    ps.subarray(i * classes, (i + 1) * classes),
    dhs.subarray(i * hidden, (i + 1) * hidden),
  ];
  const rows = Array.from({ length: batchSize }, (_, i) => views(i));
  const step = (batch) => {
    for (let s = 0; s < batchSize; s++) {
      const [h, p, dh] = rows[s];
      forward(batch[s] * inputs, h, p);
      p[targets[batch[s]]] -= 1;
      dh.fill(0);
      for (let c = 0; c < classes; c++) {
        for (let j = 0; j < hidden; j++) dh[j] += p[c] * w2[c * hidden + j];
      }
      for (let j = 0; j < hidden; j++) dh[j] = h[j] > 0 ? dh[j] * scale : 0;
    }
    for (let s = 0; s < batchSize; s++) {
      const [h, p, dh] = rows[s];
      const base = batch[s] * inputs;
      for (let c = 0; c < classes; c++) {
        const d = p[c] * scale;
        b2[c] -= d;
        for (let j = 0; j < hidden; j++) w2[c * hidden + j] -= d * h[j];
      }
      for (let j = 0; j < hidden; j++) b1[j] -= dh[j];
      for (let i = 0; i < inputs; i++) {
        const x = features[base + i];
        if (x === 0) continue;
        const row = i * hidden;
        for (let j = 0; j < hidden; j++) w1[row + j] -= x * dh[j];
      }
    }
  };
  const net = () => {
    const [h, p] = [new Float32Array(hidden), new Float32Array(classes)];
    let sum = 0;
    for (let s = 0; s < probeSamples; s++) {
      forward(s * inputs, h, p);
      sum -= Math.log(p[targets[s]]);
    }
    return sum / probeSamples;
  };
  return { net, step };
}

/** C = A B, with the loops in the order that runs along the rows. */
function productWork(n) {
  const a = new Float32Array(n * n).fill(0.5);
  const b = new Float32Array(n * n).fill(0.5);
  const c = new Float32Array(n * n);
  return (products) => {
    for (let p = 0; p < products; p++) {
      c.fill(0);
      for (let i = 0; i < n; i++) {
        for (let k = 0; k < n; k++) {
          const value = a[i * n + k];
          for (let j = 0; j < n; j++) c[i * n + j] += value * b[k * n + j];
        }
      }
    }
  };
}
