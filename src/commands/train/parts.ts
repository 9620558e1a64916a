/** Which rank loads what. */
import { deal } from '../../dist/partition.js';
import { type Slab, slabs, tiling } from '../../io/blocks.js';
import { product } from '../../io/boxes.js';
import { bytesPerValue } from '../../io/variable-bytes.js';
import { slabBytes } from '../compress/plan.js';
import type { SelectedFile, Variable } from '../select.js';
import { type BlockSample, groupBlocks } from './block-sample.js';
import type { Origin } from './dataset.js';

/** A slab of a variable. */
export interface Part extends Origin {
  readonly source: string;
  readonly info: Variable;
  readonly slab: Slab;
  /** Number of the variable's first block among all blocks of the run. */
  readonly start: number;
}

/** A rank has so many parts or more, so that none has much more to hold than another. */
const partsPerRank = 8;
/** Smaller parts are not worth their reading. */
const leastPartBytes = 256e3;

/** The parts of a run that the sample may take of, in order, dealt to so many ranks by their blocks. */
export function planParts(
  files: readonly SelectedFile[],
  variableNames: readonly string[],
  k: number,
  sample: BlockSample,
  ranks: number,
): Part[] {
  const everyone = files.flatMap(({ variables }) => variables.map((info) => blockBytes(info, k) * countOf(info, k)));
  const share = everyone.reduce((sum, bytes) => sum + bytes, 0) / (partsPerRank * ranks);
  let start = 0;
  const parts = files.flatMap(({ path: source, variables }, file) =>
    variables.flatMap((info) => {
      const wanted = sample.isSpread ? Math.max(leastPartBytes, share) : groupBytes(info, k);
      const variable = variableNames.indexOf(info.path);
      const origin = { file, variable, source, info, start };
      start += countOf(info, k);
      return slabs(info.shape, k, limitsOf(info, wanted))
        .filter((slab) => sample.touches(origin.start, slab.firstBlock, slab.blockCount))
        .map((slab) => ({ ...origin, slab }));
    }),
  );
  const owners = deal(
    parts.map(({ slab }) => slab.blockCount),
    ranks,
  );
  return parts.map((part, index) => ({ ...part, owner: owners[index] }));
}

/** Chunks do not end where groups do: the smaller the slabs, the less is read of what is beside a group. */
function groupBytes(info: Variable, k: number): number {
  return (groupBlocks * blockBytes(info, k)) / (info.chunks === undefined ? 1 : 4);
}

/** Slabs that cut across chunks have them read many times over, so only those that do not may be small. */
function limitsOf({ shape, dtype, chunks }: Variable, wantedBytes: number) {
  const bytes = bytesPerValue(dtype);
  const isInRow = chunks === undefined || chunks.slice(1).every((size, axis) => size >= shape[axis + 1]);
  const least = chunks === undefined ? 0 : product(chunks) * bytes;
  const maxBytes = isInRow ? Math.min(slabBytes, Math.max(wantedBytes, least)) : slabBytes;
  return { bytesPerValue: bytes, chunks, maxBytes };
}

function blockBytes({ dtype }: Variable, k: number): number {
  return k ** 3 * bytesPerValue(dtype);
}

function countOf({ shape }: Variable, k: number): number {
  return tiling(shape, k).blockCount;
}
