import { encodeModel, type GraphProto, type NodeProto } from './proto.js';
import { type Constant, dataTypes, GraphError, type Node, type Value } from './value.js';

/** The nodes that `outputs` depend on, each after those that feed it. */
export function topologicalOrder(outputs: readonly Value[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  // An explicit stack: a training step is deeper than the call stack likes.
  const stack: { node: Node; next: number }[] = [];
  const push = (value: Value) => {
    if (value.source.kind !== 'output' || seen.has(value.source.node)) return;
    seen.add(value.source.node);
    stack.push({ node: value.source.node, next: 0 });
  };
  for (const output of outputs) {
    push(output);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.node.inputs.length) push(top.node.inputs[top.next++]);
      else order.push(stack.pop()!.node);
    }
  }
  return order;
}

export interface GraphInterface {
  /** Values to be fed, by name. */
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
}

export interface BuildOptions {
  name: string;
  /** Kept in the model's `metadata_props`. */
  metadata?: Readonly<Record<string, string>>;
}

/** The bytes of an ONNX model that computes `outputs` from `inputs`. The same graph gives the same bytes. */
export function build({ inputs, outputs }: GraphInterface, options: BuildOptions): Uint8Array {
  const names = new Map<Value, string>();
  for (const [name, value] of Object.entries(inputs)) names.set(value, name);
  const given = new Set([...Object.keys(inputs), ...Object.keys(outputs)]);
  const fresh = (name: string): string => (given.has(name) ? fresh(`${name}_`) : name);
  const graph: GraphProto = { name: options.name, node: [], initializer: [], input: [], output: [] };
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    if (value.source.kind === 'input') throw new GraphError(`build: input "${value.source.name}" is not declared`);
    if (value.source.kind === 'output') throw new GraphError('build: a node was used before it was made');
    const name = fresh(`constant_${graph.initializer.length}`);
    names.set(value, name);
    graph.initializer.push(tensor(name, value, value.source));
    return name;
  };
  const cut = new Set(Object.values(inputs));
  // Under a name of its own an output that other nodes read too would be copied.
  for (const [name, value] of Object.entries(outputs))
    if (value.source.kind === 'output' && !names.has(value)) names.set(value, name);
  for (const node of nodesBetween(Object.values(outputs), cut)) {
    const index = graph.node.length;
    for (const [i, value] of node.outputs.entries())
      if (!names.has(value)) names.set(value, fresh(`${node.operator}_${index}${i ? `_${i}` : ''}`));
    graph.node.push(nodeProto(node, index, nameOf, names));
  }
  for (const [name, value] of Object.entries(inputs)) graph.input.push(valueInfo(name, value));
  for (const [name, value] of Object.entries(outputs)) {
    const made = nameOf(value);
    if (made !== name) graph.node.push(identity(made, name));
    graph.output.push(valueInfo(name, value));
  }
  for (const name of Object.keys(outputs))
    if (name in inputs) throw new GraphError(`build: "${name}" is an input and an output`);
  return encodeModel(graph, options.metadata ?? {});
}

function identity(input: string, output: string): NodeProto {
  return { name: `output_${output}`, opType: 'Identity', domain: '', input: [input], output: [output], attribute: [] };
}

/** Topological order that stops at `cut`: those values are fed, whatever made them. */
function nodesBetween(outputs: readonly Value[], cut: ReadonlySet<Value>): Node[] {
  const wanted = new Set<Node>();
  const stack = [...outputs];
  while (stack.length > 0) {
    const value = stack.pop()!;
    if (cut.has(value) || value.source.kind !== 'output' || wanted.has(value.source.node)) continue;
    wanted.add(value.source.node);
    stack.push(...value.source.node.inputs);
  }
  return topologicalOrder(outputs).filter((node) => wanted.has(node));
}

function nodeProto(
  node: Node,
  index: number,
  nameOf: (value: Value) => string,
  names: ReadonlyMap<Value, string>,
): NodeProto {
  return {
    name: `${node.operator}_${index}`,
    opType: node.operator,
    domain: node.domain,
    input: node.inputs.map(nameOf),
    output: node.outputs.map((value) => names.get(value)!),
    attribute: Object.entries(node.attributes).map(([name, value]) => {
      if (node.operator === 'Cast' && name === 'to')
        return { name, type: 2, i: dataTypes[value as keyof typeof dataTypes] };
      if (typeof value === 'number')
        return Number.isInteger(value) ? { name, type: 2, i: value } : { name, type: 1, f: value };
      if (typeof value === 'string') return { name, type: 3, s: Buffer.from(value) };
      return { name, type: 7, ints: [...value] };
    }),
  };
}

function tensor(name: string, value: Value, { data }: Constant) {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims: value.shape as number[], dataType: dataTypes[value.type], rawData };
}

function valueInfo(name: string, value: Value) {
  const dim = value.shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: dataTypes[value.type], shape: { dim } } } };
}
