/** Operators that move elements without changing them. */
import { type Dim, describe, GraphError, int64s, resolveAxis, type Shape, singleNode, type Value } from './value.js';

/** One size may be a name: it is worked out from the number of elements when the graph runs. */
export function reshape(x: Value, shape: readonly Dim[]): Value {
  if (names(shape).length > 1) throw new GraphError(`Reshape: more than one open size in [${shape.join(', ')}]`);
  // Between the same names the other sizes must agree; between others only the run can tell.
  const fits = `${names(x.shape)}` !== `${names(shape)}` || product(x.shape) === product(shape);
  if (!fits || shape.some((dim) => typeof dim === 'number' && dim < 0))
    throw new GraphError(`Reshape: ${describe(x)} does not fit [${shape.join(', ')}]`);
  const sizes = shape.map((dim) => (typeof dim === 'string' ? -1 : dim));
  return singleNode({
    operator: 'Reshape',
    inputs: [x, int64s(sizes)],
    type: x.type,
    shape,
    gradient: (g) => [reshape(g!, x.shape)],
  });
}

function names(shape: Shape): Dim[] {
  return shape.filter((dim) => typeof dim === 'string');
}

/** Of the sizes that are fixed. */
function product(shape: Shape): number {
  return shape.reduce<number>((all, dim) => (typeof dim === 'number' ? all * dim : all), 1);
}

export function transpose(x: Value, permutation: readonly number[]): Value {
  if ([...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i) || permutation.length !== x.shape.length)
    throw new GraphError(`Transpose: [${permutation}] is no permutation of the axes of ${describe(x)}`);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return singleNode({
    operator: 'Transpose',
    attributes: { perm: permutation },
    inputs: [x],
    type: x.type,
    shape: permutation.map((axis) => x.shape[axis]),
    gradient: (g) => [transpose(g!, inverse)],
  });
}

/** Repeats axes of size 1. Not differentiated: it appears in gradients and constants only. */
export function expand(x: Value, shape: readonly number[]): Value {
  if (`${x.shape}` === `${shape}`) return x;
  const missing = shape.length - x.shape.length;
  if (missing < 0 || x.shape.some((dim, axis) => dim !== 1 && dim !== shape[axis + missing]))
    throw new GraphError(`Expand: ${describe(x)} does not fit [${shape.join(', ')}]`);
  return singleNode({ operator: 'Expand', inputs: [x, int64s(shape)], type: x.type, shape });
}

/** Elements [start, end) along one axis. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const at = resolveAxis('Slice', axis, x.shape);
  const size = x.shape[at];
  if (start < 0 || end < start || (typeof size === 'number' && end > size))
    throw new GraphError(`Slice: [${start}, ${end}) is outside of axis ${at} of ${describe(x)}`);
  return singleNode({
    operator: 'Slice',
    inputs: [x, int64s([start]), int64s([end]), int64s([at])],
    type: x.type,
    shape: x.shape.map((dim, i) => (i === at ? end - start : dim)),
    gradient: (g) => [padAxis(g!, at, start, fixedSize('Slice', x, at) - end)],
  });
}

/** Zeros before and after along one axis. */
export function padAxis(x: Value, axis: number, before: number, after: number): Value {
  const at = resolveAxis('Pad', axis, x.shape);
  const size = fixedSize('Pad', x, at);
  const pads = x.shape.map((_, i) => (i === at ? before : 0)).concat(x.shape.map((_, i) => (i === at ? after : 0)));
  return singleNode({
    operator: 'Pad',
    inputs: [x, int64s(pads)],
    type: x.type,
    shape: x.shape.map((dim, i) => (i === at ? size + before + after : dim)),
    gradient: (g) => [slice(g!, at, before, before + size)],
  });
}

export function concat(values: readonly Value[], axis: number): Value {
  const at = resolveAxis('Concat', axis, values[0].shape);
  for (const value of values)
    if (
      value.type !== values[0].type ||
      value.shape.length !== values[0].shape.length ||
      value.shape.some((dim, i) => i !== at && dim !== values[0].shape[i])
    )
      throw new GraphError(`Concat: ${describe(value)} does not fit ${describe(values[0])} along axis ${at}`);
  const sizes = values.map((value) => fixedSize('Concat', value, at));
  return singleNode({
    operator: 'Concat',
    attributes: { axis: at },
    inputs: values,
    type: values[0].type,
    shape: values[0].shape.map((dim, i) => (i === at ? sizes.reduce((sum, size) => sum + size, 0) : dim)),
    gradient: (g) => {
      let start = 0;
      return sizes.map((size) => {
        start += size;
        return slice(g!, at, start - size, start);
      });
    },
  });
}

/** The size of an axis that must not be a name. */
export function fixedSize(operator: string, value: Value, axis: number): number {
  const size = value.shape[axis];
  if (typeof size === 'string') throw new GraphError(`${operator}: axis ${axis} of ${describe(value)} must be fixed`);
  return size;
}
