/**
 * Tiling of volumes by cubic blocks. A variable is [...leading, Z, Y, X]: the leading axes are a batch of volumes, each
 * tiled by k³ blocks with stride k. The last tile of an axis is shifted inward to end at the edge; where tiles overlap
 * the later one wins; an axis shorter than k is padded by its edge values. So every size ≥ 1 works.
 *
 * Work is cut in slabs: boxes of tiles, contiguous in block order, that a reader can fetch as one hyperslab each.
 * Every function here is pure.
 */

import { cutBoxes, length, product, type Range, volume } from './boxes.js';

export type Values = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

export interface Tiling {
  readonly shape: readonly number[];
  readonly k: number;
  /** Product of the leading axes. */
  readonly volumes: number;
  /** Tiles along z, y and x. */
  readonly tiles: readonly [number, number, number];
  readonly blocksPerVolume: number;
  readonly blockCount: number;
}

export interface Slab {
  readonly shape: readonly number[];
  readonly k: number;
  /** For each axis of `shape`, the indices of the tiles (leading axes: of the volumes) in this slab. */
  readonly tiles: readonly Range[];
  /** The hyperslab to read. Slabs of one volume may overlap in it by some planes. */
  readonly read: readonly Range[];
  /** The hyperslab that `merge` gives: the slabs of a variable partition the whole of it. */
  readonly owned: readonly Range[];
  /** Index of the slab's first block in the variable; its blocks are contiguous. */
  readonly firstBlock: number;
  readonly blockCount: number;
}

export interface SlabLimits {
  readonly bytesPerValue: number;
  /** Bound on the bytes of a slab's blocks; one row of tiles along x is the least a slab holds. */
  readonly maxBytes: number;
  /** The dataset's chunks, so that where it fits no chunk is read for two slabs. */
  readonly chunks?: readonly number[] | undefined;
}

/** `shape` has rank ≥ 3; a size of 0 gives no blocks. */
export function tiling(shape: readonly number[], k: number): Tiling {
  const tiles = shape.slice(-3).map((size) => Math.ceil(size / k)) as [number, number, number];
  const volumes = product(shape.slice(0, -3));
  const blocksPerVolume = product(tiles);
  return { shape, k, volumes, tiles, blocksPerVolume, blockCount: volumes * blocksPerVolume };
}

/**
 * Cuts a variable in slabs, in block order. Depends on its arguments alone, never on who computes them.
 *
 * The tiles form an array [...leading, tz, ty, tx]. A slab takes a range along one of its axes, all of the axes behind
 * it and one index of the axes before it, so that its blocks are contiguous and its values one hyperslab.
 */
export function slabs(shape: readonly number[], k: number, limits: SlabLimits): Slab[] {
  const extents = [...shape.slice(0, -3), ...tiling(shape, k).tiles];
  if (product(extents) === 0) return [];
  const maxBlocks = Math.floor(limits.maxBytes / (k ** 3 * limits.bytesPerValue));
  // A row of tiles along x is read whole: rows of a few numbers would cost more to read than they are worth.
  const rows = extents.slice(0, -1);
  const rowBlocks = extents.at(-1)!;
  const boxes = cutBoxes(rows, Math.floor(maxBlocks / rowBlocks), (axis) => chunkStep(shape, k, axis, limits.chunks));
  let firstBlock = 0;
  return boxes.map((box) => {
    const slab = slabOf(shape, k, [...box, [0, rowBlocks]], firstBlock);
    firstBlock += slab.blockCount;
    return slab;
  });
}

/** Values of the slab's `read` hyperslab → its blocks, [blocks, k, k, k]. Whole k³ volumes are returned as they are. */
export function split<T extends Values>(values: T, slab: Slab): T {
  expectLength('values of a slab', values.length, volume(slab.read));
  if (isIdentity(slab)) return values;
  const { k } = slab;
  const blocks = emptyLike(values, slab.blockCount * k ** 3);
  const [source, target, words] = [wordsOf(values), wordsOf(blocks), values.BYTES_PER_ELEMENT / 4];
  const [z, y, x] = space(slab).map((axis) => sourceIndices(axis, k)) as [Int32Array, Int32Array, Int32Array];
  const [nz, ny, nx] = slab.read.slice(-3).map(length) as [number, number, number];
  const padded = nx < k;
  let to = 0;
  for (let base = 0; base < values.length; base += nz * ny * nx) {
    for (let tz = 0; tz < z.length; tz += k) {
      for (let ty = 0; ty < y.length; ty += k) {
        for (let tx = 0; tx < x.length; tx += k) {
          for (let i = tz; i < tz + k; i += 1) {
            for (let j = ty; j < ty + k; j += 1) {
              const row = base + (z[i]! * ny + y[j]!) * nx;
              if (padded) {
                for (let l = tx; l < tx + k; l += 1) {
                  for (let word = 0; word < words; word += 1) target[to++] = source[(row + x[l]!) * words + word]!;
                }
              } else {
                const from = (row + x[tx]!) * words;
                for (let word = 0; word < k * words; word += 1) target[to++] = source[from + word]!;
              }
            }
          }
        }
      }
    }
  }
  return blocks;
}

/** Blocks of a slab, [blocks, k, k, k] → values of its `owned` hyperslab: the inverse of `split`. */
export function merge<T extends Values>(blocks: T, slab: Slab): T {
  const { k } = slab;
  expectLength('blocks of a slab', blocks.length, slab.blockCount * k ** 3);
  if (isIdentity(slab)) return blocks;
  const values = emptyLike(blocks, volume(slab.owned));
  const [source, target, words] = [wordsOf(blocks), wordsOf(values), values.BYTES_PER_ELEMENT / 4];
  const [z, y, x] = space(slab).map((axis) => ownedParts(axis, k)) as [Part[], Part[], Part[]];
  const [nz, ny, nx] = slab.owned.slice(-3).map(length) as [number, number, number];
  let block = 0;
  for (let base = 0; base < values.length; base += nz * ny * nx) {
    for (const pz of z) {
      for (const py of y) {
        for (const px of x) {
          const rowWords = px.size * words;
          for (let i = 0; i < pz.size; i += 1) {
            for (let j = 0; j < py.size; j += 1) {
              const to = (base + ((pz.start + i) * ny + py.start + j) * nx + px.start) * words;
              const from = (block + (i * k + j) * k) * words;
              for (let word = 0; word < rowWords; word += 1) target[to + word] = source[from + word]!;
            }
          }
          block += k ** 3;
        }
      }
    }
  }
  return values;
}

/** One space axis of a slab. */
interface Axis {
  readonly size: number;
  readonly tiles: Range;
  readonly read: Range;
  readonly owned: Range;
}

/** What one tile contributes to the owned values of an axis: its first `size` planes, put at `start`. */
interface Part {
  readonly start: number;
  readonly size: number;
}

function space(slab: Slab): Axis[] {
  const rank = slab.shape.length;
  return [rank - 3, rank - 2, rank - 1].map((axis) => ({
    size: slab.shape[axis]!,
    tiles: slab.tiles[axis]!,
    read: slab.read[axis]!,
    owned: slab.owned[axis]!,
  }));
}

/** For each of the k planes of each tile, where it lies in the values read; padding repeats the last plane. */
function sourceIndices({ size, tiles, read }: Axis, k: number): Int32Array {
  const source = new Int32Array(length(tiles) * k);
  for (let tile = tiles[0]; tile < tiles[1]; tile += 1) {
    for (let plane = 0; plane < k; plane += 1) {
      source[(tile - tiles[0]) * k + plane] = Math.min(origin(tile, size, k) + plane, size - 1) - read[0];
    }
  }
  return source;
}

/** A tile owns its planes up to the origin of the next: so each value comes from the last tile that covers it. */
function ownedParts({ size, tiles, owned }: Axis, k: number): Part[] {
  const parts: Part[] = [];
  for (let tile = tiles[0]; tile < tiles[1]; tile += 1) {
    const start = origin(tile, size, k);
    parts.push({ start: start - owned[0], size: ownedStop(tile, size, k) - start });
  }
  return parts;
}

function origin(tile: number, size: number, k: number): number {
  return Math.max(0, Math.min(tile * k, size - k));
}

function ownedStop(tile: number, size: number, k: number): number {
  return tile + 1 < Math.ceil(size / k) ? origin(tile + 1, size, k) : size;
}

function slabOf(shape: readonly number[], k: number, box: readonly Range[], firstBlock: number): Slab {
  const firstSpaceAxis = shape.length - 3;
  const read = box.map(([first, stop], axis): Range => {
    const size = shape[axis]!;
    if (axis < firstSpaceAxis) return [first, stop];
    return [origin(first, size, k), Math.min(origin(stop - 1, size, k) + k, size)];
  });
  const owned = box.map(([first, stop], axis): Range => {
    const size = shape[axis]!;
    if (axis < firstSpaceAxis) return [first, stop];
    return [origin(first, size, k), ownedStop(stop - 1, size, k)];
  });
  return { shape, k, tiles: box, read, owned, firstBlock, blockCount: volume(box) };
}

/** How many indices of `axis` (tiles, if it is one of space) span whole chunks. */
function chunkStep(shape: readonly number[], k: number, axis: number, chunks: readonly number[] | undefined): number {
  const chunk = chunks?.[axis] ?? 1;
  return axis < shape.length - 3 ? chunk : chunk / greatestCommonDivisor(chunk, k);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function isIdentity({ shape, k }: Slab): boolean {
  return shape.slice(-3).every((size) => size === k);
}

/** The bits: a copy through floating point may change those of a NaN. */
function wordsOf({ buffer, byteOffset, byteLength }: Values): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

function emptyLike<T extends Values>(values: T, size: number): T {
  return new (values.constructor as new (size: number) => T)(size);
}

function expectLength(name: string, got: number, expected: number): void {
  if (got !== expected) throw new RangeError(`${name}: expected ${expected} numbers, got ${got}`);
}
