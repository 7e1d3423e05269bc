/** TensorFlow.js as its users write it: layers, compile, fit, on the WebAssembly backend. `node tfjs-fit.mjs TASK` */

import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { layersOf, readTensors, serve } from '@hivegrad/test/bench/serve';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describeTfjs, productWork } from './tfjs.mjs';

await serve(async (task) => {
  const description = await describeTfjs('fit');
  if (task.kind === 'product') return { description, work: productWork(task.size) };
  const { features, targets, weights } = readTensors(task);
  const { widths, samples, batchSize, activation, optimizer, probeSamples } = task;
  const classes = widths.at(-1);
  const isClassification = task.loss === 'softmaxCrossEntropy';

  const model = sequential();
  const own = layersOf(task, weights);
  for (const [i, { inputs, outputs, weight, bias }] of own.entries()) {
    const last = i === own.length - 1;
    const layer = layers.dense({
      inputShape: [inputs],
      units: outputs,
      activation: last ? (isClassification ? 'softmax' : 'linear') : activation,
    });
    model.add(layer);
    layer.setWeights([tf.transpose(tf.tensor2d(weight, [outputs, inputs])), tf.tensor1d(bias)]);
  }
  const rate = optimizer.learningRate;
  model.compile({
    optimizer: optimizer.type === 'adam' ? tf.train.adam(rate) : tf.train.sgd(rate),
    loss: isClassification ? 'categoricalCrossentropy' : 'meanSquaredError',
  });
  // Tensors are made from arrays, since a slice of a tensor copies all of it on this backend.
  const samplesOf = (count) => {
    const y = isClassification
      ? tf.cast(
          tf.oneHot(tf.tensor1d(Int32Array.from(targets.subarray(0, count)), 'int32'), classes),
          'float32',
        )
      : tf.tensor2d(targets.subarray(0, count * classes), [count, classes]);
    return [tf.tensor2d(features.subarray(0, count * widths[0]), [count, widths[0]]), y];
  };
  const fitOptions = { epochs: 1, batchSize, shuffle: true, verbose: 0, yieldEvery: 'never' };
  // A window is a call of fit on as many samples as it has steps; they are shuffled by fit.
  const fit = async (steps) => {
    const [xs, ys] = samplesOf(steps * batchSize);
    await model.fit(xs, ys, fitOptions);
    tf.dispose([xs, ys]);
  };
  const stepsPerEpoch = Math.floor(samples / batchSize);
  return {
    description,
    async work(steps) {
      for (let left = steps; left > 0; left -= stepsPerEpoch) await fit(Math.min(left, stepsPerEpoch));
    },
    async loss() {
      const [xs, ys] = samplesOf(probeSamples);
      return (await model.evaluate(xs, ys, { batchSize: probeSamples }).data())[0];
    },
  };
});
