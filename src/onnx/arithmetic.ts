/**
 * Operators on each element, with broadcasting as in NumPy (ONNX "multidirectional broadcasting"), and the reductions
 * that undo it; the reduced axes stay, with size 1.
 */
import { expand, fixedSize, reshape, slice } from './layout.js';
import {
  type DataType,
  type Dim,
  describe,
  fixedShape,
  GraphError,
  int64s,
  isFloat,
  requireFloat,
  requireSameType,
  resolveAxis,
  type Shape,
  scalar,
  singleNode,
  type Value,
} from './value.js';

export function add(a: Value, b: Value): Value {
  return binary('Add', a, b, (g) => [g, g]);
}

export function subtract(a: Value, b: Value): Value {
  return binary('Sub', a, b, (g) => [g, negate(g)]);
}

export function multiply(a: Value, b: Value): Value {
  return binary('Mul', a, b, (g) => [multiply(g, b), multiply(g, a)]);
}

export function divide(a: Value, b: Value): Value {
  return binary('Div', a, b, (g, out) => [divide(g, b), negate(multiply(g, divide(out, b)))]);
}

export function negate(x: Value): Value {
  return unary('Neg', x, (g) => negate(g));
}

export function exp(x: Value): Value {
  return unary('Exp', x, (g, out) => multiply(g, out));
}

/**
 * As the sum over an axis of size 1: onnxruntime's `Log` (1.30, CPU) rounds otherwise at the end of each thread's share, so
 * that results would depend on the number of threads. It takes twice as long: 0.2 ms more for 64,000 values.
 */
export function log(x: Value): Value {
  requireFloat('Log', x);
  const cells = withLastAxis(x);
  return singleNode({
    operator: 'ReduceLogSum',
    attributes: { keepdims: 0 },
    inputs: [cells, int64s([x.shape.length])],
    type: x.type,
    shape: x.shape,
    gradient: (g) => [divide(withLastAxis(g!), cells)],
  });
}

/**
 * log of x [batch, n] for batches of up to `rows`, four times as fast as `log`: by `Log`, in pieces of so few values that onnxruntime
 * gives each to one thread, and of so many rows (16 or more) that none has an odd end. The rows beyond are the last
 * piece's. Not differentiable here: used on data, never on parameters.
 */
export function logOfRows(x: Value, rows: number): Value {
  requireFloat('Log', x);
  const values = rows * fixedSize('Log', x, 1);
  const pieces = Math.max(1, Math.min(rows / 16, 2 ** Math.ceil(Math.log2(values / unsharedValues))));
  const logOf = (part: Value) => singleNode({ operator: 'Log', inputs: [part], type: x.type, shape: part.shape });
  if (pieces === 1) return logOf(x);
  const piece = (index: number): Value => {
    const end = index + 1 === pieces ? Number.MAX_SAFE_INTEGER : ((index + 1) * rows) / pieces;
    return logOf(slice(x, 0, (index * rows) / pieces, end));
  };
  const parts = Array.from({ length: pieces }, (_, index) => piece(index));
  return singleNode({ operator: 'Concat', attributes: { axis: 0 }, inputs: parts, type: x.type, shape: x.shape });
}

/** onnxruntime (1.30) shares a `Log` of more than some 12,800 values among threads. */
const unsharedValues = 12_000;

/** [...] → [..., 1] */
function withLastAxis(x: Value): Value {
  return singleNode({
    operator: 'Unsqueeze',
    inputs: [x, int64s([x.shape.length])],
    type: x.type,
    shape: [...x.shape, 1],
    gradient: (g) => [reshape(g!, x.shape)],
  });
}

export function sqrt(x: Value): Value {
  return unary('Sqrt', x, (g, out) => divide(g, multiply(scalar(2, x.type), out)));
}

export function square(x: Value): Value {
  return multiply(x, x);
}

/** Not differentiable here: used on data, never on parameters. */
export function minimum(a: Value, b: Value): Value {
  return binary('Min', a, b);
}

/** Not differentiable here: used on data, never on parameters. */
export function maximum(a: Value, b: Value): Value {
  return binary('Max', a, b);
}

/** The gradient at 0 is 0. */
export function relu(x: Value): Value {
  return unary('Relu', x, (g, out) => multiply(g, cast(greater(out, scalar(0, x.type)), x.type)));
}

/** a where the condition holds, else b. */
export function where(condition: Value, a: Value, b: Value): Value {
  if (condition.type !== 'bool') throw new GraphError(`Where: expected a bool condition, got ${describe(condition)}`);
  requireSameType('Where', a, b);
  const shape = broadcastShapes('Where', broadcastShapes('Where', condition.shape, a.shape), b.shape);
  const zero = () => scalar(0, a.type);
  return singleNode({
    operator: 'Where',
    inputs: [condition, a, b],
    type: a.type,
    shape,
    gradient: (g) => [
      undefined,
      sumTo(where(condition, g!, zero()), a.shape),
      sumTo(where(condition, zero(), g!), b.shape),
    ],
  });
}

export function greater(a: Value, b: Value): Value {
  return compare('Greater', a, b);
}

export function equal(a: Value, b: Value): Value {
  return compare('Equal', a, b);
}

/** What was no float before has no gradient: a mask made from a parameter counts as fixed. */
export function cast(x: Value, type: DataType): Value {
  if (x.type === type) return x;
  return singleNode({
    operator: 'Cast',
    attributes: { to: type },
    inputs: [x],
    type,
    shape: x.shape,
    gradient: (g) => [isFloat(x) ? cast(g!, x.type) : undefined],
  });
}

function unary(operator: string, x: Value, rule: (g: Value, out: Value) => Value): Value {
  requireFloat(operator, x);
  const out: Value = singleNode({
    operator,
    inputs: [x],
    type: x.type,
    shape: x.shape,
    gradient: (g) => [rule(g!, out)],
  });
  return out;
}

function binary(operator: string, a: Value, b: Value, rule?: (g: Value, out: Value) => [Value, Value]): Value {
  requireFloat(operator, a, b);
  requireSameType(operator, a, b);
  const out: Value = singleNode({
    operator,
    inputs: [a, b],
    type: a.type,
    shape: broadcastShapes(operator, a.shape, b.shape),
    gradient:
      rule &&
      ((g) => {
        const [forA, forB] = rule(g!, out);
        return [sumTo(forA, a.shape), sumTo(forB, b.shape)];
      }),
  });
  return out;
}

function compare(operator: string, a: Value, b: Value): Value {
  requireSameType(operator, a, b);
  return singleNode({ operator, inputs: [a, b], type: 'bool', shape: broadcastShapes(operator, a.shape, b.shape) });
}

export function broadcastShapes(operator: string, a: Shape, b: Shape): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw new GraphError(`${operator}: shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast`);
    return left === 1 ? right : left;
  });
}

/** Sums away what broadcasting had repeated: the gradient of a broadcast to `value.shape` from `shape`. */
function sumTo(value: Value, shape: Shape): Value {
  const extra = value.shape.length - shape.length;
  if (extra < 0) throw new GraphError(`sumTo: ${describe(value)} is smaller than [${shape.join(', ')}]`);
  const axes = value.shape.flatMap((dim, axis) =>
    axis < extra || (shape[axis - extra] === 1 && dim !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return value;
  return reshape(reduceSum(value, axes), shape);
}

export function reduceSum(x: Value, axes: readonly number[]): Value {
  return reduction('ReduceSum', x, axes, (g) => expand(g, fixedShape('ReduceSum gradient', x)));
}

export function reduceMean(x: Value, axes: readonly number[]): Value {
  return reduction('ReduceMean', x, axes, (g) => {
    const shape = fixedShape('ReduceMean gradient', x);
    const count = shape.reduce((product, dim, axis) => (g.shape[axis] === dim ? product : product * dim), 1);
    return expand(multiply(g, scalar(1 / count, x.type)), shape);
  });
}

/** Not differentiable here: used on data, never on parameters. */
export function reduceMin(x: Value, axes: readonly number[]): Value {
  return reduction('ReduceMin', x, axes);
}

/** Not differentiable here: used on data, never on parameters. */
export function reduceMax(x: Value, axes: readonly number[]): Value {
  return reduction('ReduceMax', x, axes);
}

function reduction(operator: string, x: Value, axes: readonly number[], rule?: (g: Value) => Value): Value {
  requireFloat(operator, x);
  const reduced = new Set(axes.map((axis) => resolveAxis(operator, axis, x.shape)));
  // To ONNX, no axes are all axes.
  if (reduced.size === 0) return x;
  const shape: Dim[] = x.shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim));
  return singleNode({
    operator,
    attributes: { keepdims: 1 },
    inputs: [x, int64s([...reduced])],
    type: x.type,
    shape,
    gradient: rule && ((g) => [rule(g!)]),
  });
}
