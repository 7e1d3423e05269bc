/** jax-js on its WebAssembly backend, with the whole step compiled by jit. `node jax.mjs TASK` */

import { readFileSync } from 'node:fs';
import { batches, layersOf, readTensors, serve } from '@hivegrad/test/bench/serve';
import { blockUntilReady, defaultDevice, grad, init, jit, nn, numpy as np, tree } from '@jax-js/jax';

await serve(async (task) => {
  await init('wasm');
  defaultDevice('wasm');
  const manifest = JSON.parse(
    readFileSync(new URL('./node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8'),
  );
  const description = `jax-js ${manifest.version}, wasm, jit, Node ${process.version}`;
  if (task.kind === 'product') return { description, work: productWork(task.size) };
  const { features, targets, weights } = readTensors(task);
  const { widths, samples, activation, optimizer, probeSamples } = task;
  const [width, outputs] = [widths[0], widths.at(-1)];
  const isClassification = task.loss === 'softmaxCrossEntropy';
  const own = layersOf(task, weights);
  let state = {
    layers: own.map(({ inputs, outputs: units, weight, bias }) => ({
      w: np.array(weight.slice()).reshape([units, inputs]).transpose(),
      b: np.array(bias.slice()),
    })),
  };
  if (optimizer.type === 'adam') {
    const zeros = () => own.map((l) => ({ w: np.zeros([l.inputs, l.outputs]), b: np.zeros([l.outputs]) }));
    state = { ...state, m: zeros(), v: zeros() };
  }

  const forward = (layers, x) => {
    let h = x;
    for (const [i, { w, b }] of layers.entries()) {
      h = np.matmul(h, w).add(b);
      if (i < layers.length - 1) h = activation === 'relu' ? nn.relu(h) : np.tanh(h);
    }
    return h;
  };
  const lossOf = (layers, x, y) => {
    const answer = forward(layers, x);
    const count = y.shape[0];
    return isClassification
      ? nn
          .logSoftmax(answer, -1)
          .mul(y)
          .sum()
          .mul(-1 / count)
      : np
          .square(answer.sub(y))
          .sum()
          .mul(1 / count);
  };
  const gradient = grad(lossOf);
  const { learningRate } = optimizer;
  const step = jit(({ layers, m, v }, x, y, scale) => {
    const g = gradient(tree.ref(layers), x, y);
    if (m === undefined) {
      scale.dispose();
      return { layers: tree.map((p, d) => p.sub(d.mul(learningRate)), layers, g) };
    }
    const nextM = tree.map((a, d) => a.mul(0.9).add(d.mul(0.1)), m, tree.ref(g));
    const nextV = tree.map((a, d) => a.mul(0.999).add(np.square(d).mul(0.001)), v, g);
    const next = tree.map(
      (p, a, b) => p.sub(a.div(np.sqrt(b).add(1e-8)).mul(scale.ref)),
      layers,
      tree.ref(nextM),
      tree.ref(nextV),
    );
    scale.dispose();
    return { layers: next, m: nextM, v: nextV };
  });
  const lossJit = jit(lossOf);

  const nextBatch = batches(task);
  // Rows are copied here and not by its own `take`, which is slower.
  const gather = (indices) => {
    const x = new Float32Array(indices.length * width);
    const y = new Float32Array(indices.length * outputs);
    for (let i = 0; i < indices.length; i++) {
      const row = indices[i];
      x.set(features.subarray(row * width, (row + 1) * width), i * width);
      if (isClassification) y[i * outputs + targets[row]] = 1;
      else y.set(targets.subarray(row * outputs, (row + 1) * outputs), i * outputs);
    }
    return [np.array(x).reshape([indices.length, width]), np.array(y).reshape([indices.length, outputs])];
  };
  let t = 0;
  return {
    description,
    async work(steps) {
      for (let i = 0; i < steps; i++) {
        t++;
        const scale = np.array((learningRate * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t));
        state = step(state, ...gather(nextBatch()), scale);
      }
      await blockUntilReady(state);
    },
    async loss() {
      const probe = Uint32Array.from({ length: Math.min(probeSamples, samples) }, (_, i) => i);
      const value = lossJit(tree.ref(state.layers), ...gather(probe));
      return (await value.data())[0];
    },
  };
});

function productWork(n) {
  const a = np.ones([n, n]).mul(0.5);
  const b = np.ones([n, n]).mul(0.5);
  const product = jit((p, q) => np.matmul(p, q));
  return async (products) => {
    for (let i = 0; i < products; i++) {
      const c = product(a.ref, b.ref);
      await blockUntilReady(c.ref);
      c.dispose();
    }
  };
}
