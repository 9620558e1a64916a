/** Whole volumes [z, y, x] and their reconstructions, put together from slabs. */
import { hearSignals } from '../../dist/interruption.js';
import { merge, type Slab, split, tiling, type Values } from '../../io/blocks.js';
import { length, product } from '../../io/boxes.js';
import { slabsOf, type Unit } from '../compress/plan.js';
import type { Reconstructor } from '../evaluate/reconstructor.js';
import type { OpenFile } from '../open-file.js';

/** Variables of one shape of a file, and so of the same volumes. */
export interface VolumeSet {
  /** Indices in the plan's files, and in the file's variables. */
  readonly file: number;
  readonly variables: readonly number[];
  readonly shape: readonly number[];
}

export interface Volume {
  /** Its number among those of the variable. */
  readonly index: number;
  /** In the order of the set's variables. */
  readonly pairs: readonly Pair[];
}

export interface Pair {
  readonly original: Values;
  readonly reconstruction: Values;
}

export function volumeSets({ plan }: Reconstructor): VolumeSet[] {
  return plan.files.flatMap(({ variables }, file) => {
    const shapes = [...new Set(variables.map(({ shape }) => shape.join()))];
    return shapes.map((shape) => {
      const indices = [...variables.keys()].filter((index) => variables[index].shape.join() === shape);
      return { file, variables: indices, shape: variables[indices[0]].shape };
    });
  });
}

/**
 * The wanted volumes of a set, each when all of its variables are there. The slabs of all variables are gone through side by side, so that no more
 * than about one of each is held.
 */
export async function* readVolumes(
  reconstructor: Reconstructor,
  sources: OpenFile,
  { file, variables, shape }: VolumeSet,
  isWanted: (volume: number) => boolean,
): AsyncGenerator<Volume> {
  const planned = reconstructor.plan.files[file];
  const pending = new Map<number, { pairs: Pair[]; missing: number }>();
  for (const { place, slab } of slabsSideBySide(reconstructor, file, variables)) {
    const wanted = volumesOf(slab).filter(isWanted);
    if (wanted.length === 0) continue;
    await hearSignals();
    const variable = variables[place];
    const pair = await readSlab(reconstructor, sources, { file, variable, slab });
    const box = slab.owned.slice(-3);
    const size = product(box.map(length));
    for (const volume of wanted) {
      if (!pending.has(volume))
        pending.set(volume, { pairs: [], missing: variables.length * product(shape.slice(-3)) });
      const entry = pending.get(volume)!;
      entry.pairs[place] ??= emptyPair(pair.original, product(shape.slice(-3)));
      const start = (volume - volumesOf(slab)[0]) * size;
      for (const side of ['original', 'reconstruction'] as const)
        copyBox(pair[side].subarray(start, start + size), box, entry.pairs[place][side], shape.slice(-3));
      entry.missing -= size;
      if (entry.missing > 0) continue;
      pending.delete(volume);
      yield { index: volume, pairs: entry.pairs };
    }
  }
  if (pending.size > 0) throw new Error(`${planned.name}: ${pending.size} volumes are not whole`);
}

function slabsSideBySide({ plan, slabBytes }: Reconstructor, file: number, variables: readonly number[]) {
  const slabs = variables.flatMap((variable, place) =>
    slabsOf(plan.files[file].variables[variable], slabBytes).map((slab) => ({ place, slab })),
  );
  const first = ({ slab }: { slab: Slab }) => slab.firstBlock / tiling(slab.shape, slab.k).blocksPerVolume;
  return slabs.sort((a, b) => first(a) - first(b));
}

/** A slab has volumes as a whole, or a part of one. */
function volumesOf({ shape, k, firstBlock, owned }: Slab): number[] {
  const first = Math.floor(firstBlock / tiling(shape, k).blocksPerVolume);
  return Array.from({ length: product(owned.slice(0, -3).map(length)) }, (_, i) => first + i);
}

async function readSlab(reconstructor: Reconstructor, sources: OpenFile, unit: Unit): Promise<Pair> {
  const { path, variables } = reconstructor.plan.files[unit.file];
  const blocks = split(sources.open(path).readSlice(variables[unit.variable].path, unit.slab.read), unit.slab);
  const { decoded } = await reconstructor.reconstruct(blocks, unit);
  return { original: merge(blocks, unit.slab), reconstruction: merge(decoded, unit.slab) };
}

function emptyPair(like: Values, size: number): Pair {
  const empty = () => (like instanceof Float64Array ? new Float64Array(size) : new Float32Array(size));
  return { original: empty(), reconstruction: empty() };
}

/** Puts the values of a box in its place in a volume. */
function copyBox(values: Values, [z, y, x]: Slab['owned'], volume: Values, [, ny, nx]: readonly number[]): void {
  let from = 0;
  for (let i = z[0]; i < z[1]; i++)
    for (let j = y[0]; j < y[1]; j++) {
      volume.set(values.subarray(from, from + length(x)), (i * ny + j) * nx + x[0]);
      from += length(x);
    }
}
