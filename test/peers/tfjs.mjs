/** What both ways of using TensorFlow.js share. */

import * as tf from '@tensorflow/tfjs-core';

export async function describeTfjs(way) {
  await tf.setBackend('wasm');
  await tf.ready();
  return `TensorFlow.js ${tf.version_core}, ${tf.getBackend()}, ${way}, Node ${process.version}`;
}

/** Products of two n x n matrices. */
export function productWork(n) {
  const a = tf.fill([n, n], 0.5);
  const b = tf.fill([n, n], 0.5);
  return (products) => {
    for (let i = 0; i < products; i++) {
      const c = tf.matMul(a, b);
      c.dataSync();
      c.dispose();
    }
  };
}
