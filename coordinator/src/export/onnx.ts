/**
 * A network as an ONNX file. In: a trained network; out: the bytes of a model with one input and one output, in
 * operators that every runtime has (operator set 13, float32 throughout).
 *
 * The input `features`, [N, inputs], takes rows as they stand in the data: bytes as numbers from 0 to 255, numbers
 * before they are standardized, 1 for the category of a row and 0 for the others. The division by 255 and the
 * standardization are the first nodes of the graph. Dropout is left out, as in every use of a network but training.
 * The output is `probabilities`, [N, outputs], under a cross-entropy, and `values` under the squared error.
 */

import type { DataEncoding, InputEncoding } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import type { Activation, Loss } from '@hivegrad/shared/model/spec';
import type { TrainedNetwork } from './network.ts';
import { type GraphBuilder, graphBuilder } from './onnx-graph.ts';
import { modelMessage, type OnnxGraph } from './onnx-messages.ts';
import { byteLength, joined } from './protobuf.ts';

/** The readers of protocol buffers refuse larger messages. */
const BYTES_MAX = 2 ** 31 - 1;

const OUTPUTS: Readonly<Record<Loss, string>> = {
  squaredError: 'values',
  softmaxCrossEntropy: 'probabilities',
  binaryCrossEntropy: 'probabilities',
};

/** @throws UserError `EXPORT_TOO_LARGE` above `bytesMax` bytes */
export function encodeOnnx(
  network: TrainedNetwork,
  { name, version, bytesMax = BYTES_MAX }: { name: string; version: string; bytesMax?: number },
): Uint8Array<ArrayBuffer> {
  const { model, encoding, weightsDigest, configDigest, dataDigest, step } = network;
  const chunks = modelMessage({
    name,
    documentation: `${name}, step ${step}, weights sha256:${weightsDigest}`,
    producerVersion: version,
    graph: graphOf(network),
    metadata: {
      weightsSha256: weightsDigest,
      configSha256: configDigest,
      dataSha256: dataDigest,
      step: String(step),
      model: JSON.stringify(model),
      ...(encoding !== undefined && { encoding: JSON.stringify(encoding) }),
      ...(encoding?.target.kind === 'classes' && { classes: JSON.stringify(encoding.target.names) }),
    },
  });
  if (byteLength(chunks) <= bytesMax) return joined(chunks);
  const message =
    `The network takes ${byteLength(chunks)} bytes as ONNX, and a file of that format has at most ${bytesMax}. ` +
    'Export it as safetensors or json.';
  throw new UserError('EXPORT_TOO_LARGE', message);
}

function graphOf({ model, parameters, weights, encoding }: TrainedNetwork): OnnxGraph {
  const input = { name: 'features', width: model.inputSize, documentation: inputDocumentation(encoding) };
  const build = graphBuilder();
  const tensorOf = (name: string): string => {
    const parameter = parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined) throw new Error(`there is no parameter ${name}`);
    const { shape, offset, size } = parameter;
    return build.tensor(name, shape, weights.subarray(offset, offset + size));
  };
  let signal = encodeInput(build, input.name, encoding?.input);
  let width = model.inputSize;
  for (const [number, layer] of model.layers.entries()) {
    if (layer.type === 'dropout') continue;
    const name = `layers.${number}`;
    // W is [units, inputs]: x W^T + b. A bias of one value for the layer is broadcast.
    const operands = [signal, tensorOf(`${name}.weight`)];
    if (layer.bias !== 'none') operands.push(tensorOf(`${name}.bias`));
    signal = build.node('Gemm', operands, [{ name: 'transB', int: 1 }]);
    signal = activations[layer.activation](build, signal);
    width = layer.units;
  }
  const output = OUTPUTS[model.loss];
  build.end(answers[model.loss](build, signal), output);
  const names = encoding?.target.names.join(', ') ?? 'in the order of the outputs';
  return { ...build.graph(), input, output: { name: output, width, documentation: names } };
}

/** What the cross-entropies have inside themselves stands in the graph as its last node. */
const answers: Readonly<Record<Loss, (build: GraphBuilder, x: string) => string>> = {
  squaredError: (_build, x) => x,
  softmaxCrossEntropy: (build, x) => build.node('Softmax', [x], [{ name: 'axis', int: 1 }]),
  binaryCrossEntropy: (build, x) => build.node('Sigmoid', [x]),
};

const activations: Readonly<Record<Activation, (build: GraphBuilder, z: string) => string>> = {
  identity: (_build, z) => z,
  relu: (build, z) => build.node('Relu', [z]),
  leakyRelu: (build, z) => build.node('LeakyRelu', [z], [{ name: 'alpha', float: 0.01 }]),
  elu: (build, z) => build.node('Elu', [z]),
  gelu,
  silu: (build, z) => build.node('Mul', [z, build.node('Sigmoid', [z])]),
  sigmoid: (build, z) => build.node('Sigmoid', [z]),
  tanh: (build, z) => build.node('Tanh', [z]),
  softplus: (build, z) => build.node('Softplus', [z]),
};

/**
 * 0.5 z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) (Hendrycks & Gimpel 2016), from its parts: the operator Gelu
 * came with operator set 20.
 */
function gelu(build: GraphBuilder, z: string): string {
  const cube = build.node('Mul', [build.node('Mul', [z, z]), z]);
  const bent = build.node('Add', [z, build.node('Mul', [cube, build.scalar('gelu.cubic', 0.044715)])]);
  const root = build.scalar('gelu.root', 0.7978845608028654);
  const gate = build.node('Tanh', [build.node('Mul', [bent, root])]);
  const half = build.node('Mul', [z, build.scalar('gelu.half', 0.5)]);
  return build.node('Mul', [half, build.node('Add', [gate, build.scalar('gelu.one', 1)])]);
}

/** Raw rows to the inputs of the network. */
function encodeInput(build: GraphBuilder, features: string, input: InputEncoding | undefined): string {
  if (input?.kind === 'bytes') {
    return input.scale === 'none' ? features : build.node('Div', [features, build.scalar('bytes.max', 255)]);
  }
  const { means, deviations } = standardization(input);
  if (means === undefined || deviations === undefined) return features;
  // Two float32 numbers that sum to the mean: a column far from 0 loses no digits when its mean is subtracted.
  const coarse = Float32Array.from(means);
  const rest = Float32Array.from(means, (mean, i) => mean - (coarse[i] ?? 0));
  const shape = [means.length];
  let signal = build.node('Sub', [features, build.tensor('features.mean', shape, coarse)]);
  if (rest.some((value) => value !== 0)) {
    signal = build.node('Sub', [signal, build.tensor('features.mean.rest', shape, rest)]);
  }
  const scale = build.tensor('features.deviation', shape, Float32Array.from(deviations));
  return build.node('Div', [signal, scale]);
}

/** Mean and deviation of each input, or nothing where all inputs are taken as they are. */
function standardization(input: InputEncoding | undefined): {
  readonly means?: readonly number[];
  readonly deviations?: readonly number[];
} {
  if (input?.kind === 'numbers') return input;
  if (input?.kind !== 'columns') return {};
  const each = input.columns.flatMap((column) =>
    column.kind === 'number' ? [column] : column.categories.map(() => ({ mean: 0, deviation: 1 })),
  );
  if (each.every(({ mean, deviation }) => mean === 0 && deviation === 1)) return {};
  return { means: each.map(({ mean }) => mean), deviations: each.map(({ deviation }) => deviation) };
}

function inputDocumentation(encoding: DataEncoding | undefined): string {
  if (encoding === undefined) return 'inputs as the network sees them';
  const { input } = encoding;
  if (input.kind === 'bytes') return 'bytes, as numbers from 0 to 255';
  if (input.kind === 'numbers') return 'numbers as they stand in the data';
  const names = input.columns.flatMap((column) =>
    column.kind === 'number'
      ? [column.name]
      : column.categories.map((category) => `${column.name}=${category}`),
  );
  return `numbers as they stand in the table, and 1 for the category of a row: ${names.join(', ')}`;
}
