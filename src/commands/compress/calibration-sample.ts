import { createNormaliser } from '../../engines/onnx/codec.js';
import { InputError } from '../../errors.js';
import { split } from '../../io/blocks.js';
import { openSource } from '../../io/hdf5/source.js';
import { formsOf } from '../../models/normalise.js';
import { random } from '../../models/random.js';
import { transformOf } from '../../models/scaling.js';
import { type Model, normaliseGraph } from '../../models/swae.js';
import { concatenate } from '../concatenate.js';
import { type Plan, type Unit, unitsOf } from './plan.js';

const mostUnits = 8;
const blocksOfUnit = 1024;
const seed = 42;

/** Some thousand normalised blocks [count, k³] of those that are to be compressed, from slabs spread over the run. */
export async function sampleBlocks(model: Model, plan: Plan, threads: number): Promise<Float32Array> {
  const units = unitsOf(plan);
  const stride = Math.max(1, Math.floor(units.length / mostUnits));
  const parts: Float32Array[] = [];
  for (let index = Math.floor(stride / 2); index < units.length; index += stride)
    parts.push(...(await sampleUnit(model, plan, units[index], index, threads)));
  return concatenate(parts);
}

/** Blocks of one slab, in each form that they may be encoded in; none where it cannot be read, which the run will report. */
async function sampleUnit(
  { architecture: { blockSize }, normalisation, scaling }: Model,
  { files }: Plan,
  { file, variable, slab }: Unit,
  index: number,
  threads: number,
): Promise<Float32Array[]> {
  const { path, dtype } = files[file].variables[variable];
  const blocks = readBlocks(files[file].path, path, slab);
  if (!blocks) return [];
  const names = formsOf(normalisation);
  const normaliser = await createNormaliser(normaliseGraph(blockSize, normalisation, dtype), {
    blockSize,
    threads,
    forms: names,
  });
  const { forms, scale } = await normaliser.normalise(blocks, slab.blockCount);
  await normaliser.release();
  const kept = chooseRows(scale, slab.blockCount, index);
  const own = scaling && transformOf(scaling, path);
  return names
    .filter((name) => normalisation !== 'adaptive' || name === (own ?? 'pos_log'))
    .flatMap((name) => kept.map((row) => forms[name].subarray(row * blockSize ** 3, (row + 1) * blockSize ** 3)));
}

function readBlocks(file: string, path: string, slab: Unit['slab']) {
  try {
    const source = openSource(file);
    const values = source.readSlice(path, slab.read);
    source.close();
    return split(values, slab);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return undefined;
  }
}

/** A random choice of the blocks that are encoded. */
function chooseRows(scale: Float32Array | Float64Array, count: number, index: number): number[] {
  const share = blocksOfUnit / count;
  return Array.from({ length: count }, (_, row) => row).filter((row) => {
    const range = scale[2 * row + 1];
    return Number.isFinite(range) && range !== 0 && (share >= 1 || random(seed, index, row).uniform() < share);
  });
}
