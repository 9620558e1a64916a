import test from 'ava';
import fc from 'fast-check';
import { merge, type Slab, slabs, split, tiling, type Values } from '../../src/io/blocks.js';
import { type Range, volume } from '../../src/io/boxes.js';

const shapes = fc.tuple(
  fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
  fc.array(fc.integer({ min: 1, max: 23 }), { minLength: 3, maxLength: 3 }),
);
const cases = fc.record({
  shape: shapes.map(([leading, space]) => [...leading, ...space]),
  k: fc.integer({ min: 5, max: 8 }),
  bytesPerValue: fc.constantFrom(4, 8),
  maxBytes: fc.integer({ min: 1, max: 200_000 }),
  chunk: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
});

test('every shape comes back bit for bit through split and merge, slab by slab', (t) => {
  fc.assert(
    fc.property(cases, ({ shape, k, bytesPerValue, maxBytes, chunk }) => {
      const values = numbered(shape, bytesPerValue);
      const rebuilt = numbered(shape, bytesPerValue).fill(-1);
      const chunks = chunk === undefined ? undefined : shape.map(() => chunk);
      let nextBlock = 0;
      for (const slab of slabs(shape, k, { bytesPerValue, maxBytes, chunks })) {
        t.is(slab.firstBlock, nextBlock);
        nextBlock += slab.blockCount;
        const blocks = split(take(values, shape, slab.read), slab);
        t.is(blocks.length, slab.blockCount * k ** 3);
        put(rebuilt, shape, slab.owned, merge(blocks, slab));
      }
      t.is(nextBlock, tiling(shape, k).blockCount);
      t.deepEqual(rebuilt, values);
    }),
  );
});

test('blocks are the same however the variable is cut', (t) => {
  fc.assert(
    fc.property(cases, ({ shape, k, bytesPerValue, maxBytes }) => {
      const values = numbered(shape, bytesPerValue);
      const whole = gather(values, slabs(shape, k, { bytesPerValue, maxBytes: Number.MAX_SAFE_INTEGER }));
      t.deepEqual(gather(values, slabs(shape, k, { bytesPerValue, maxBytes })), whole);
    }),
  );
});

test('a block is what it says: a cube at the tile origin, the last tile shifted inward', (t) => {
  fc.assert(
    fc.property(cases, fc.nat(), ({ shape, k, bytesPerValue, maxBytes }, choice) => {
      const values = numbered(shape, bytesPerValue);
      const { tiles, blocksPerVolume, blockCount } = tiling(shape, k);
      const blocks = gather(values, slabs(shape, k, { bytesPerValue, maxBytes }));
      const block = choice % blockCount;
      const inVolume = block % blocksPerVolume;
      const tile = [
        Math.floor(inVolume / (tiles[1] * tiles[2])),
        Math.floor(inVolume / tiles[2]) % tiles[1],
        inVolume % tiles[2],
      ];
      const [nz, ny, nx] = shape.slice(-3) as [number, number, number];
      const at = (axis: number, size: number, plane: number) =>
        Math.min(Math.max(0, Math.min(tile[axis]! * k, size - k)) + plane, size - 1);
      for (const [dz, dy, dx] of [
        [0, 0, 0],
        [k - 1, k - 1, k - 1],
        [1, 2, 3],
      ] as const) {
        const source =
          ((Math.floor(block / blocksPerVolume) * nz + at(0, nz, dz)) * ny + at(1, ny, dy)) * nx + at(2, nx, dx);
        t.is(blocks[block * k ** 3 + (dz * k + dy) * k + dx], values[source]);
      }
    }),
  );
});

test('slabs stay within the bound, down to one row of tiles', (t) => {
  fc.assert(
    fc.property(cases, ({ shape, k, bytesPerValue, maxBytes }) => {
      const row = tiling(shape, k).tiles[2] * k ** 3 * bytesPerValue;
      for (const slab of slabs(shape, k, { bytesPerValue, maxBytes })) {
        t.true(slab.blockCount * k ** 3 * bytesPerValue <= Math.max(maxBytes, row));
      }
    }),
  );
});

test('an [N,7,7,7] variable gives N blocks at k = 7, without a copy, and 8N at k = 5', (t) => {
  const shape = [3, 7, 7, 7];
  const values = numbered(shape, 4);
  const [slab] = slabs(shape, 7, { bytesPerValue: 4, maxBytes: 1e6 }) as [Slab];
  t.is(split(values, slab), values);
  t.is(merge(values, slab), values);
  t.is(tiling(shape, 7).blockCount, 3);
  t.is(tiling(shape, 5).blockCount, 24);
});

test('slabs begin at chunk boundaries where a chunk fits', (t) => {
  const octants = slabs([1940, 7, 7, 7], 7, { bytesPerValue: 4, maxBytes: 300 * 343 * 4, chunks: [64, 7, 7, 7] });
  t.deepEqual(
    octants.slice(0, 2).map((slab) => slab.read[0]),
    [
      [0, 256],
      [256, 512],
    ],
  );
  const grid = slabs([300, 40, 40], 5, { bytesPerValue: 4, maxBytes: 20 * 64 * 500, chunks: [32, 40, 40] });
  t.deepEqual(
    grid.map((slab) => slab.tiles[0]),
    [
      [0, 20],
      [20, 40],
      [40, 60],
    ],
    'a multiple of 32 and 5 would not fit',
  );
  const aligned = slabs([300, 40, 40], 5, { bytesPerValue: 4, maxBytes: 20 * 64 * 500, chunks: [8, 40, 40] });
  t.deepEqual(
    aligned.map((slab) => slab.read[0]),
    [
      [0, 80],
      [80, 160],
      [160, 240],
      [240, 300],
    ],
  );
});

test('the bits of NaNs are kept', (t) => {
  const shape = [1, 6, 3, 6];
  for (const [values, bytesPerValue] of [
    [new Float32Array(new Uint32Array(108).fill(0x7fa0_1234).buffer), 4],
    [new Float64Array(new BigUint64Array(108).fill(0x7ff4_0000_0000_1234n).buffer), 8],
  ] as const) {
    const [slab] = slabs(shape, 5, { bytesPerValue, maxBytes: 1e6 }) as [Slab];
    t.true(Buffer.from(merge(split<Values>(values, slab), slab).buffer).equals(Buffer.from(values.buffer)));
  }
});

test('an axis of size 0 gives no slabs', (t) => {
  t.deepEqual(slabs([0, 7, 7, 7], 7, { bytesPerValue: 4, maxBytes: 1e6 }), []);
  t.deepEqual(slabs([2, 7, 0, 7], 7, { bytesPerValue: 4, maxBytes: 1e6 }), []);
});

test('values of the wrong number are refused', (t) => {
  const [slab] = slabs([2, 6, 6, 6], 5, { bytesPerValue: 4, maxBytes: 1e6 }) as [Slab];
  t.throws(() => split(new Float32Array(431), slab), { message: /expected 432 numbers, got 431/ });
  t.throws(() => merge(new Float32Array(431), slab), { message: /expected 2000 numbers, got 431/ });
});

function numbered(shape: readonly number[], bytesPerValue: number): Values {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = bytesPerValue === 4 ? new Float32Array(size) : new Float64Array(size);
  return values.map((_, index) => index + 0.5);
}

function gather(values: Values, cut: readonly Slab[]): number[] {
  return cut.flatMap((slab) => [...split(take(values, slab.shape, slab.read), slab)]);
}

/** Positions of a hyperslab in its array, in order. */
function positions(shape: readonly number[], box: readonly Range[]): number[] {
  let found = [0];
  for (const [axis, size] of shape.entries()) {
    const [start, stop] = box[axis]!;
    found = found.flatMap((base) => Array.from({ length: stop - start }, (_, i) => base * size + start + i));
  }
  return found;
}

function take(values: Values, shape: readonly number[], box: readonly Range[]): Values {
  const taken = new (values.constructor as new (size: number) => Values)(volume(box));
  for (const [index, position] of positions(shape, box).entries()) taken[index] = values[position]!;
  return taken;
}

function put(values: Values, shape: readonly number[], box: readonly Range[], part: Values): void {
  for (const [index, position] of positions(shape, box).entries()) values[position] = part[index]!;
}
