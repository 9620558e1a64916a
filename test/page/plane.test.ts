/** Planes put together from the slabs of a variable, against the values themselves. */
import test from 'ava';
import fc from 'fast-check';
import { merge, slabs, split } from '../../src/io/blocks.js';
import { type Box, product, volume, whole } from '../../src/io/boxes.js';
import { copyPlane, planeBox } from '../../src/page/plane.js';
import { type Axis, planeAxes } from '../../src/page/slice.js';

/** Of row-major values of this shape. */
function take(values: Float64Array, shape: readonly number[], box: Box): Float64Array<ArrayBuffer> {
  const taken = new Float64Array(volume(box));
  const sizes = box.map(([start, stop]) => stop - start);
  for (let i = 0; i < taken.length; i++) {
    let [rest, from] = [i, 0];
    for (const [axis, size] of [...sizes.entries()].reverse()) {
      from += (box[axis]![0] + (rest % size)) * product(shape.slice(axis + 1));
      rest = Math.floor(rest / size);
    }
    taken[i] = values[from]!;
  }
  return taken;
}

test('any plane of any variable, however it is cut', (t) => {
  const size = fc.integer({ min: 1, max: 13 });
  const variables = fc.record({
    leading: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    space: fc.tuple(size, size, size),
    k: fc.integer({ min: 5, max: 8 }),
    maxBytes: fc.integer({ min: 0, max: 40_000 }),
    place: fc.tuple(fc.nat(), fc.nat(), fc.constantFrom<Axis>(0, 1, 2)),
  });
  fc.assert(
    fc.property(variables, ({ leading, space, k, maxBytes, place: [volumeSeed, indexSeed, axis] }) => {
      const shape = [...leading, ...space];
      const values = Float64Array.from({ length: product(shape) }, (_, i) => i);
      const plane = { volume: volumeSeed % product(leading), axis, index: indexSeed % space[axis]! };
      const [rows, columns] = planeAxes(axis).map((other) => space[other]!) as [number, number];
      const target = { values: new Float64Array(rows * columns).fill(-1), rows, columns };
      for (const slab of slabs(shape, k, { bytesPerValue: 8, maxBytes })) {
        const blocks = split(take(values, shape, slab.read), slab);
        copyPlane(merge(blocks, slab), slab.owned, shape, plane, target);
      }
      t.deepEqual(target.values, take(values, shape, planeBox(shape, plane)));
    }),
  );
});

test('a plane of the only volume', (t) => {
  t.deepEqual(planeBox([4, 5, 6], { volume: 0, axis: 1, index: 3 }), [
    [0, 4],
    [3, 4],
    [0, 6],
  ]);
  t.deepEqual(planeBox([2, 3, 4, 5, 6], { volume: 4, axis: 2, index: 0 }), [[1, 2], [1, 2], ...whole([4, 5]), [0, 1]]);
});
