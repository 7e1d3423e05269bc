/**
 * TensorFlow.js at its best: forward and backward pass written by hand from raw operations. Its WebAssembly backend
 * multiplies fast where neither matrix is transposed, so transposed copies are made first. `node tfjs-raw.mjs TASK`
 */

import '@tensorflow/tfjs-backend-wasm';
import { batches, layersOf, readTensors, serve } from '@hivegrad/test/bench/serve';
import * as tf from '@tensorflow/tfjs-core';
import { describeTfjs, productWork } from './tfjs.mjs';

await serve(async (task) => {
  const description = await describeTfjs('hand-written backpropagation');
  if (task.kind === 'product') return { description, work: productWork(task.size) };
  const { features, targets, weights } = readTensors(task);
  const { widths, samples, batchSize, activation, optimizer, probeSamples } = task;
  const outputs = widths.at(-1);
  const isClassification = task.loss === 'softmaxCrossEntropy';
  const x = tf.tensor2d(features, [samples, widths[0]]);
  const y = isClassification
    ? tf.tensor2d(oneHotRows(targets, outputs), [samples, outputs])
    : tf.tensor2d(targets, [samples, outputs]);
  // Weights as [inputs, outputs], so that the forward pass needs no transposed matrix.
  const layers = layersOf(task, weights).map(({ inputs, outputs: units, weight, bias }) =>
    tf.tidy(() => [tf.transpose(tf.tensor2d(weight, [units, inputs])), tf.tensor1d(bias)]),
  );
  const update = optimizer.type === 'adam' ? adam(optimizer, layers) : sgd(optimizer);

  const forward = (rows) => {
    const outs = [rows];
    for (const [i, [w, b]] of layers.entries()) {
      const last = i === layers.length - 1;
      const fused = !last && activation === 'relu' ? 'relu' : 'linear';
      const z = tf.fused.matMul({ a: outs[i], b: w, bias: b, activation: fused });
      outs.push(!last && activation === 'tanh' ? tf.tanh(z) : z);
    }
    return outs;
  };
  const nextBatch = batches(task);
  const step = () =>
    tf.tidy(() => {
      const indices = tf.tensor1d(Int32Array.from(nextBatch()), 'int32');
      const outs = forward(tf.gather(x, indices));
      const wanted = tf.gather(y, indices);
      const answer = isClassification ? tf.softmax(outs.at(-1)) : outs.at(-1);
      let delta = tf.mul(tf.sub(answer, wanted), (isClassification ? 1 : 2) / batchSize);
      const next = [];
      for (let i = layers.length - 1; i >= 0; i--) {
        const [w] = layers[i];
        const dW = batchSize === 1 ? outer(outs[i], delta) : tf.matMul(tf.transpose(outs[i]), delta);
        const db = batchSize === 1 ? tf.reshape(delta, [-1]) : tf.sum(delta, 0);
        if (i > 0) {
          const dh = tf.matMul(delta, tf.transpose(w));
          const h = outs[i];
          // h is not negative after relu, so that its sign is the derivative.
          const derivative =
            activation === 'relu' ? tf.cast(tf.greater(h, 0), 'float32') : tf.sub(1, tf.square(h));
          delta = tf.mul(dh, derivative);
        }
        next[i] = [dW, db];
      }
      return update(next, layers);
    });

  return {
    description,
    work(steps) {
      for (let i = 0; i < steps; i++) {
        for (const [j, [w, b]] of step().entries()) {
          tf.dispose(layers[j]);
          layers[j] = [w, b];
        }
      }
      layers.at(-1)[1].dataSync();
    },
    loss: () =>
      tf.tidy(() => {
        const answer = forward(
          tf.tensor2d(features.subarray(0, probeSamples * widths[0]), [probeSamples, widths[0]]),
        )
          .at(-1)
          .arraySync();
        return meanLoss(answer, targets, isClassification);
      }),
  };
});

/** A product of a column and a row. */
function outer(column, row) {
  return tf.mul(tf.reshape(column, [-1, 1]), row);
}

function sgd({ learningRate }) {
  return (gradients, layers) =>
    gradients.map((pair, i) => pair.map((g, k) => tf.sub(layers[i][k], tf.mul(g, learningRate))));
}

function adam({ learningRate }, layers) {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const zeros = () => layers.map((pair) => pair.map((t) => tf.zerosLike(t)));
  const moments = zeros();
  const squares = zeros();
  let t = 0;
  return (gradients) => {
    t++;
    const rate = (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    const epsilonNow = epsilon * Math.sqrt(1 - beta2 ** t);
    return gradients.map((pair, i) =>
      pair.map((g, k) => {
        const m = tf.keep(tf.add(tf.mul(moments[i][k], beta1), tf.mul(g, 1 - beta1)));
        const v = tf.keep(tf.add(tf.mul(squares[i][k], beta2), tf.mul(tf.square(g), 1 - beta2)));
        tf.dispose([moments[i][k], squares[i][k]]);
        moments[i][k] = m;
        squares[i][k] = v;
        return tf.sub(layers[i][k], tf.mul(tf.div(m, tf.add(tf.sqrt(v), epsilonNow)), rate));
      }),
    );
  };
}

function oneHotRows(labels, classes) {
  const rows = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) rows[i * classes + labels[i]] = 1;
  return rows;
}

function meanLoss(answers, targets, isClassification) {
  let sum = 0;
  for (const [i, row] of answers.entries()) {
    if (isClassification) {
      const largest = Math.max(...row);
      sum +=
        Math.log(row.reduce((total, z) => total + Math.exp(z - largest), 0)) - (row[targets[i]] - largest);
    } else {
      for (const [j, value] of row.entries()) sum += (value - targets[i * row.length + j]) ** 2;
    }
  }
  return sum / answers.length;
}
