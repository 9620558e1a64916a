import { reduceSum } from './arithmetic.js';
import { fixedSize, padAxis, reshape } from './layout.js';
import { type Dim, describe, GraphError, int64s, resolveAxis, singleNode, type Value } from './value.js';

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

/** For each element of the axis, the sum of `g` over the places where its index stands. */
function sumBack(g: Value, axis: number, indices: readonly number[], size: number): Value {
  const places: number[][] = Array.from({ length: size }, () => []);
  for (const [place, index] of indices.entries()) if (index !== nowhere) places[index].push(place);
  const most = Math.max(1, ...places.map(({ length }) => length));
  const lists = places.flatMap((list) => Array.from({ length: most }, (_, i) => list[i] ?? nowhere));
  const gathered = gather(g, axis, lists);
  if (most === 1) return gathered;
  const split = (dims: readonly Dim[], ...sizes: number[]): Dim[] => [
    ...dims.slice(0, axis),
    ...sizes,
    ...dims.slice(axis + 1),
  ];
  const sums = reduceSum(reshape(gathered, split(gathered.shape, size, most)), [axis + 1]);
  return reshape(sums, split(gathered.shape, size));
}
