import { type CollectiveOperator, isCollective } from './collective.js';
import { type GraphInterface, topologicalOrder } from './graph.js';
import type { Node, Value } from './value.js';

/** Names of its values, as in the stage's outputs and the next stages' inputs. */
export interface Collective {
  readonly operator: CollectiveOperator;
  readonly input: string;
  readonly output: string;
}

/** A graph without collectives, and the collectives to run after it. */
export interface Stage extends GraphInterface {
  readonly collectives: readonly Collective[];
}

/**
 * Cuts a graph at its collectives into graphs that run one after the other. A node belongs to the first stage in which
 * its inputs are there; a value needed by a later stage is an output of its own and an input of the later one.
 */
export function stages({ inputs, outputs }: GraphInterface): Stage[] {
  const order = topologicalOrder(Object.values(outputs));
  const stageOf = assignStages(order);
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
    collectives: [] as Collective[],
  }));
  const carry = (value: Value, to: number) => {
    if (value.source.kind === 'constant') return;
    if (isMade(value) && at(value) === to) return;
    result[to].inputs[nameOf(value)] = value;
    if (isMade(value)) result[at(value)].outputs[nameOf(value)] = value;
  };
  for (const node of order) {
    if (!isCollective(node)) {
      for (const value of node.inputs) carry(value, stageOf.get(node)!);
      continue;
    }
    const before = stageOf.get(node)! - 1;
    if (isMade(node.inputs[0])) result[before].outputs[nameOf(node.inputs[0])] = node.inputs[0];
    result[before].collectives.push({
      operator: node.operator as CollectiveOperator,
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

/** By a node of a stage; other values are fed: inputs, and what a collective gives. */
function isMade({ source }: Value): boolean {
  return source.kind === 'output' && !isCollective(source.node);
}

function assignStages(order: readonly Node[]): Map<Node, number> {
  const stageOf = new Map<Node, number>();
  for (const node of order) {
    const ready = node.inputs.map((value) => (value.source.kind === 'output' ? stageOf.get(value.source.node)! : 0));
    stageOf.set(node, Math.max(0, ...ready) + Number(isCollective(node)));
  }
  return stageOf;
}
