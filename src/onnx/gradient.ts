import { add } from './arithmetic.js';
import { topologicalOrder } from './graph.js';
import { constant, describe, fixedShape, GraphError, type Node, type Value } from './value.js';

/**
 * Gradients of a scalar `loss` with respect to each of `parameters`, by one reverse pass over the nodes between them
 * (reverse accumulation; Griewank and Walther, Evaluating Derivatives, 2nd ed., chapter 3). The gradients are new values
 * over the same nodes: loss and gradients go into one graph.
 */
export function gradient(loss: Value, parameters: readonly Value[]): Value[] {
  if (fixedShape('gradient', loss).some((dim) => dim !== 1))
    throw new GraphError(`gradient: expected a scalar loss, got ${describe(loss)}`);
  const order = topologicalOrder([loss]);
  const needed = dependents(order, parameters);
  const gradients = new Map<Value, Value>([[loss, one(loss)]]);
  for (const node of order.toReversed()) {
    if (!needed.has(node)) continue;
    const upstream = node.outputs.map((output) => gradients.get(output));
    if (upstream.every((value) => value === undefined)) continue;
    if (!node.gradient) throw new GraphError(`gradient: ${node.operator} has no gradient rule`);
    for (const [i, g] of node.gradient(...upstream).entries()) {
      const target = node.inputs[i];
      if (g === undefined || !reaches(target, needed, parameters)) continue;
      const sum = gradients.get(target);
      gradients.set(target, sum ? add(sum, g) : g);
    }
  }
  return parameters.map((parameter) => {
    const g = gradients.get(parameter);
    if (!g) throw new GraphError(`gradient: the loss does not depend on ${describe(parameter)}`);
    return g;
  });
}

/** The nodes through which the loss depends on a parameter: only these are differentiated. */
function dependents(order: readonly Node[], parameters: readonly Value[]): Set<Node> {
  const needed = new Set<Node>();
  for (const node of order) if (node.inputs.some((value) => reaches(value, needed, parameters))) needed.add(node);
  return needed;
}

function reaches(value: Value, needed: ReadonlySet<Node>, parameters: readonly Value[]): boolean {
  return parameters.includes(value) || (value.source.kind === 'output' && needed.has(value.source.node));
}

function one(loss: Value): Value {
  const shape = fixedShape('gradient', loss);
  return constant(loss.type === 'float64' ? Float64Array.of(1) : Float32Array.of(1), shape);
}
