import { cast, reduceSum } from './arithmetic.js';
import { groupIndices } from './groups.js';
import { concat, fixedSize, padAxis, reshape } from './layout.js';
import { type Dim, describe, GraphError, int64s, isFloat, resolveAxis, singleNode, type Value } from './value.js';

/** The index of an element that is not there: zeros stand in its place. */
export const nowhere = -1;

/**
 * The elements at fixed `indices` along one axis; an index may come up several times, and `nowhere` gives zeros.
 *
 * The gradient of an element is the sum over the places it went to. Since the indices are known, that is a gather too,
 * from the inverse lists, and a sum: onnxruntime runs it much faster than a scatter.
 */
export function gather(x: Value, axis: number, indices: readonly number[]): Value {
  const at = resolveAxis('Gather', axis, x.shape);
  const size = fixedSize('Gather', x, at);
  if (indices.some((index) => !Number.isInteger(index) || index < nowhere || index >= size))
    throw new GraphError(`Gather: indices must be from -1 to ${size - 1} for axis ${at} of ${describe(x)}`);
  const padding = Number(indices.includes(nowhere));
  const places = indices.map((index) => (index === nowhere ? size : index));
  return singleNode({
    operator: 'Gather',
    attributes: { axis: at },
    inputs: [padding ? padAxis(x, at, 0, 1) : x, int64s(places)],
    type: x.type,
    shape: x.shape.map((dim, i) => (i === at ? indices.length : dim)),
    gradient: (g) => [padding ? padAxis(sumBack(g!, at, indices, size), at, 0, 1) : sumBack(g!, at, indices, size)],
  });
}

/** table[code] for each of the codes, which are known only when the graph runs. Not differentiated. */
export function lookup(table: Value, codes: Value): Value {
  if (table.shape.length !== 1) throw new GraphError(`Gather: expected a table of one axis, got ${describe(table)}`);
  if (isFloat(codes)) throw new GraphError(`Gather: expected whole numbers, got ${describe(codes)}`);
  return singleNode({
    operator: 'Gather',
    attributes: { axis: 0 },
    inputs: [table, cast(codes, 'int32')],
    type: table.type,
    shape: codes.shape,
  });
}

/** For each element of the axis, the sum of `g` over the places where its index stands: elements of equally many places together. */
function sumBack(g: Value, axis: number, indices: readonly number[], size: number): Value {
  const places: number[][] = Array.from({ length: size }, () => []);
  for (const [place, index] of indices.entries()) if (index !== nowhere) places[index].push(place);
  const groups = groupIndices(size, (element) => places[element].length);
  const sums = [...groups].map(([count, elements]) =>
    sumRuns(
      gather(
        g,
        axis,
        elements.flatMap((element) => (count === 0 ? [nowhere] : places[element])),
      ),
      axis,
      Math.max(1, count),
    ),
  );
  const order = [...groups.values()].flat();
  const joined = sums.length === 1 ? sums[0] : concat(sums, axis);
  if (order.every((element, i) => element === i)) return joined;
  return gather(
    joined,
    axis,
    places.map((_, element) => order.indexOf(element)),
  );
}

/** Sums of each `count` neighbours along the axis. */
function sumRuns(x: Value, axis: number, count: number): Value {
  if (count === 1) return x;
  const runs = (x.shape[axis] as number) / count;
  const split = (...sizes: number[]): Dim[] => [...x.shape.slice(0, axis), ...sizes, ...x.shape.slice(axis + 1)];
  return reshape(reduceSum(reshape(x, split(runs, count)), [axis + 1]), split(runs));
}
