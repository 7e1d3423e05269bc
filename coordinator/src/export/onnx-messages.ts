/**
 * The messages of an ONNX file, as far as a network of dense layers needs them, written as protocol buffers. The
 * numbers of the fields are those of `onnx.proto`. In: plain descriptions; out: bytes. Nothing is checked here:
 * what makes a graph valid is the business of whoever describes it.
 */

import { bytesField, type Chunks, floatField, textField, varintField } from './protobuf.ts';

export interface OnnxTensor {
  readonly name: string;
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface OnnxNode {
  readonly operator: string;
  /** Names of values: of the graph's input, of a tensor, or of an earlier node's output. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: readonly OnnxAttribute[];
}

export type OnnxAttribute =
  | { readonly name: string; readonly int: number }
  | { readonly name: string; readonly float: number };

/** The input or the output of a graph: float32 values of shape [N, width]. */
export interface OnnxPort {
  readonly name: string;
  readonly width: number;
  readonly documentation: string;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly input: OnnxPort;
  readonly output: OnnxPort;
}

export interface OnnxModel {
  readonly name: string;
  readonly documentation: string;
  readonly producerVersion: string;
  readonly graph: OnnxGraph;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Of 2021: every runtime of the years since reads both. */
const IR_VERSION = 8;
const OPERATOR_SET = 13;
/** TensorProto.DataType.FLOAT. */
const FLOAT32 = 1;
/** AttributeProto.AttributeType. */
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;

/** ModelProto. */
export function modelMessage({ name, documentation, producerVersion, graph, metadata }: OnnxModel): Chunks {
  return [
    ...varintField(1, IR_VERSION),
    ...textField(2, 'hivegrad'),
    ...textField(3, producerVersion),
    ...textField(6, documentation),
    ...bytesField(7, graphMessage(name, graph)),
    ...bytesField(8, [...textField(1, ''), ...varintField(2, OPERATOR_SET)]),
    ...Object.entries(metadata).flatMap(([key, value]) =>
      bytesField(14, [...textField(1, key), ...textField(2, value)]),
    ),
  ];
}

/** GraphProto. */
function graphMessage(name: string, { nodes, tensors, input, output }: OnnxGraph): Chunks {
  return [
    ...nodes.flatMap((node) => bytesField(1, nodeMessage(node))),
    ...textField(2, name),
    ...tensors.flatMap((tensor) => bytesField(5, tensorMessage(tensor))),
    ...bytesField(11, portMessage(input)),
    ...bytesField(12, portMessage(output)),
  ];
}

/** NodeProto. */
function nodeMessage({ operator, inputs, output, attributes }: OnnxNode): Chunks {
  return [
    ...inputs.flatMap((input) => textField(1, input)),
    ...textField(2, output),
    ...textField(3, output),
    ...textField(4, operator),
    ...attributes.flatMap((attribute) => bytesField(5, attributeMessage(attribute))),
  ];
}

/** AttributeProto. */
function attributeMessage(attribute: OnnxAttribute): Chunks {
  const value =
    'int' in attribute
      ? [...varintField(3, attribute.int), ...varintField(20, ATTRIBUTE_INT)]
      : [...floatField(2, attribute.float), ...varintField(20, ATTRIBUTE_FLOAT)];
  return [...textField(1, attribute.name), ...value];
}

/** TensorProto, with its values as the little-endian bytes that they are in memory. */
function tensorMessage({ name, shape, data }: OnnxTensor): Chunks {
  return [
    ...shape.flatMap((size) => varintField(1, size)),
    ...varintField(2, FLOAT32),
    ...textField(8, name),
    ...bytesField(9, [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]),
  ];
}

/** ValueInfoProto; the number of samples is the one size that stays open. */
function portMessage({ name, width, documentation }: OnnxPort): Chunks {
  const samples = bytesField(1, textField(2, 'N'));
  const values = bytesField(1, varintField(1, width));
  const tensor = [...varintField(1, FLOAT32), ...bytesField(2, [...samples, ...values])];
  return [...textField(1, name), ...bytesField(2, bytesField(1, tensor)), ...textField(3, documentation)];
}
