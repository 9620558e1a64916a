import type { Communicator } from '../../../dist/communicator.js';
import { connectSolo } from '../../../dist/solo.js';
import type { Blocks } from '../../../engines/onnx/codec.js';
import { InputError } from '../../../errors.js';
import { split } from '../../../io/blocks.js';
import { openSource } from '../../../io/hdf5/source.js';
import type { BlockType } from '../../../models/swae.js';
import { makePlan, type Plan, type Unit, unitsOf } from '../../compress/plan.js';

/** What is sent. */
export interface Octants {
  readonly type: BlockType;
  readonly count: number;
  /** [count, k, k, k]; zeros on rank 1, which is to receive them. */
  readonly blocks: Blocks;
}

/** So many slabs, spread over the run, are read at most. */
const mostUnits = 24;

/** Up to `most` blocks of the input, which rank 0 alone reads, in the type of its first variable. A collective call. */
export function readOctants(
  communicator: Communicator,
  input: readonly string[],
  blockSize: number,
  most: number,
): Octants {
  const mine = communicator.rank === 0 ? readSpread(input, blockSize, most) : undefined;
  const header = Int32Array.of(mine?.length ?? 0, mine instanceof Float64Array ? 8 : 4);
  communicator.broadcast(header, 0);
  const [length, valueBytes] = header;
  const type = valueBytes === 8 ? 'float64' : 'float32';
  return { type, count: length / blockSize ** 3, blocks: mine ?? emptyBlocks(type, length) };
}

function readSpread(input: readonly string[], blockSize: number, most: number): Blocks {
  const plan = makePlan(connectSolo(), input, undefined, () => blockSize);
  const [first, ...others] = unitsOf(plan);
  if (!first) throw new InputError(`no blocks of ${blockSize}³ in ${input.join(' ')}`);
  const type = typeOf(plan, first);
  const alike = [first, ...others].filter((unit) => typeOf(plan, unit) === type);
  const stride = Math.ceil(alike.length / mostUnits);
  const chosen = alike.filter((_, i) => i % stride === 0);
  const values = emptyBlocks(type, most * blockSize ** 3);
  let filled = 0;
  for (const [i, unit] of chosen.entries()) {
    const left = (values.length - filled) / blockSize ** 3;
    const read = readUnit(plan, unit).subarray(0, Math.ceil(left / (chosen.length - i)) * blockSize ** 3);
    values.set(read, filled);
    filled += read.length;
  }
  return values.slice(0, filled);
}

function typeOf({ files }: Plan, { file, variable }: Unit): BlockType {
  return files[file].variables[variable].dtype;
}

function readUnit({ files }: Plan, { file, variable, slab }: Unit): Blocks {
  const source = openSource(files[file].path);
  const values = source.readSlice(files[file].variables[variable].path, slab.read);
  source.close();
  return split(values, slab);
}

function emptyBlocks(type: BlockType, length: number): Blocks {
  return type === 'float64' ? new Float64Array(length) : new Float32Array(length);
}
