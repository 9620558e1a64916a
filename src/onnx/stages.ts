import { type GraphInterface, topologicalOrder } from './graph.js';
import { isOutside, type OutsideOperation, operationOf } from './outside.js';
import type { DataType, Node, Value } from './value.js';

/** With the names of its values, as in the stage's outputs and the next stages' inputs. */
export type Outside = OutsideOperation & { readonly input: string; readonly output: string };

/** A graph that onnxruntime can run, and what to run after it. */
export interface Stage extends GraphInterface {
  readonly outside: readonly Outside[];
}

/**
 * Cuts a graph at the operators of `outside` into graphs that run one after the other. A node belongs to the first stage in which its inputs are
 * there, or to a later one, see `postpone`; a value needed by a later stage is an output of its own and an input of the later one.
 */
export function stages({ inputs, outputs }: GraphInterface): Stage[] {
  const order = topologicalOrder(Object.values(outputs));
  const stageOf = assignStages(order);
  postpone(order, stageOf, new Set(Object.values(outputs)));
  const at = (value: Value) => (value.source.kind === 'output' ? stageOf.get(value.source.node)! : 0);
  const count = 1 + Math.max(0, ...stageOf.values());
  const names = new Map<Value, string>(Object.entries(inputs).map(([name, value]) => [value, name]));
  const nameOf = (value: Value) => {
    if (!names.has(value)) names.set(value, `carried_${names.size}`);
    return names.get(value)!;
  };
  const result = Array.from({ length: count }, () => ({
    inputs: {} as Record<string, Value>,
    outputs: {} as Record<string, Value>,
    outside: [] as Outside[],
  }));
  const carry = (value: Value, to: number) => {
    if (value.source.kind === 'constant') return;
    if (isMade(value) && at(value) === to) return;
    if (isView(value)) {
      for (const viewed of sourceNode(value).inputs) carry(viewed, to);
      return;
    }
    result[to].inputs[nameOf(value)] = value;
    if (isMade(value)) result[at(value)].outputs[nameOf(value)] = value;
  };
  for (const node of order) {
    if (!isOutside(node)) {
      for (const value of node.inputs) carry(value, stageOf.get(node)!);
      continue;
    }
    const before = stageOf.get(node)! - 1;
    if (isMade(node.inputs[0])) result[before].outputs[nameOf(node.inputs[0])] = node.inputs[0];
    result[before].outside.push({
      ...operationOf(node),
      input: nameOf(node.inputs[0]),
      output: nameOf(node.outputs[0]),
    });
  }
  for (const [name, value] of Object.entries(outputs)) {
    carry(value, at(value));
    result[at(value)].outputs[name] = value;
  }
  return result;
}

/** By a node of a stage; other values are fed: inputs, and what comes from outside. */
function isMade({ source }: Value): boolean {
  return source.kind === 'output' && !isOutside(source.node);
}

/** Made anew in each stage that reads it: what it is a view of is handed on without a copy. */
function isView({ source }: Value): boolean {
  return source.kind === 'output' && source.node.operator === 'Reshape';
}

function assignStages(order: readonly Node[]): Map<Node, number> {
  const stageOf = new Map<Node, number>();
  for (const node of order) {
    const ready = node.inputs.map((value) => (value.source.kind === 'output' ? stageOf.get(value.source.node)! : 0));
    stageOf.set(node, Math.max(0, ...ready) + Number(isOutside(node)));
  }
  return stageOf;
}

/**
 * Moves nodes whose results only later stages read to the first of these, where that makes what stages hand on no larger: of an
 * activation that is handed on anyway the mask of its gradient need not be.
 */
function postpone(order: readonly Node[], stageOf: Map<Node, number>, outputs: ReadonlySet<Value>): void {
  const readers = new Map<Value, Node[]>();
  for (const node of order) for (const value of node.inputs) readers.set(value, [...(readers.get(value) ?? []), node]);
  const stageOfRead = (reader: Node) => stageOf.get(reader)! - Number(isOutside(reader));
  const isHandedOn = (value: Value, but: Node) =>
    readers.get(value)!.some((reader) => reader !== but && stageOfRead(reader) > stageOf.get(sourceNode(value))!);
  for (const node of order.toReversed()) {
    if (isOutside(node) || node.outputs.some((value) => outputs.has(value))) continue;
    const latest = Math.min(...node.outputs.flatMap((value) => (readers.get(value) ?? []).map(stageOfRead)));
    if (latest <= stageOf.get(node)!) continue;
    const added = node.inputs.filter(
      (value) => isMade(value) && stageOf.get(sourceNode(value))! < latest && !isHandedOn(value, node),
    );
    if (bytesOf(new Set(added)) <= bytesOf(node.outputs.filter((value) => readers.has(value))))
      stageOf.set(node, latest);
  }
}

function sourceNode({ source }: Value): Node {
  if (source.kind !== 'output') throw new Error('an input or a constant is made by no node');
  return source.node;
}

const bytesPerElement: Record<DataType, number> = {
  float64: 8,
  int64: 8,
  float32: 4,
  int32: 4,
  float16: 2,
  bool: 1,
  float8e4m3fn: 1,
  int8: 1,
  uint8: 1,
};

/** A size that is known only when the graph runs counts as 1. */
function bytesOf(values: Iterable<Value>): number {
  let bytes = 0;
  for (const { type, shape } of values)
    bytes +=
      bytesPerElement[type] * shape.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
  return bytes;
}
