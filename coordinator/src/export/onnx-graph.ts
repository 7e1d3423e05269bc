/** Gathers the nodes and tensors of an ONNX graph, in the order in which they compute, and names the values. */

import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-messages.ts';

export interface GraphBuilder {
  /** Adds a node and answers the name of its output. */
  node(operator: string, inputs: readonly string[], attributes?: readonly OnnxAttribute[]): string;
  /** Adds a tensor of constants and answers its name. */
  tensor(name: string, shape: readonly number[], data: Float32Array): string;
  /** A constant that is added once, however often it is asked for. */
  scalar(name: string, value: number): string;
  /** Gives the value `from` the name of the graph's output. */
  end(from: string, output: string): void;
  graph(): { readonly nodes: readonly OnnxNode[]; readonly tensors: readonly OnnxTensor[] };
}

export function graphBuilder(): GraphBuilder {
  const nodes: OnnxNode[] = [];
  const tensors = new Map<string, OnnxTensor>();
  const add = (node: OnnxNode): string => {
    nodes.push(node);
    return node.output;
  };
  return {
    node: (operator, inputs, attributes = []) =>
      add({ operator, inputs, attributes, output: `${operator.toLowerCase()}.${nodes.length}` }),
    tensor(name, shape, data) {
      tensors.set(name, { name, shape, data });
      return name;
    },
    scalar(name, value) {
      tensors.set(name, { name, shape: [], data: Float32Array.of(value) });
      return name;
    },
    end(from, output) {
      add({ operator: 'Identity', inputs: [from], attributes: [], output });
    },
    graph: () => ({ nodes, tensors: [...tensors.values()] }),
  };
}
