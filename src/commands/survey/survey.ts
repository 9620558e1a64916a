import type { Blocks } from '../../engines/onnx/codec.js';
import type { Payload } from '../../io/archive/format.js';
import type { Slab } from '../../io/blocks.js';
import { volume } from '../../io/boxes.js';
import { addErrorCounts, countErrors, type ErrorCounts, emptyErrorCounts } from './counts.js';
import { addLatentCounts, countLatents } from './latent-counts.js';
import type { ScaledRows } from './normalised.js';
import { evenly, nameBlock, type Sample, sampleBlock } from './samples.js';

/** What blocks tell the report about a reconstruction. JSON, so that ranks can send it. */
export interface Survey {
  /** Blocks that are stored by a network or coder; the others are constant or kept exactly. */
  blocks: number;
  /** Values of the variable in all blocks, each once, and bytes that are stored of them. */
  values: number;
  storedBytes: number;
  /** In the units of the data, of the blocks that are stored by a network or coder. */
  physical: ErrorCounts;
  /** The same in normalised scale, where that is known. */
  normalised: ErrorCounts;
  /** For each latent, counts by `latentEdges`; empty where there are no float32 latents. */
  latents: number[][];
  /** In the order of their blocks, but for the worst one, which is the first. */
  samples: Sample[];
}

export function emptySurvey(): Survey {
  return {
    blocks: 0,
    values: 0,
    storedBytes: 0,
    physical: emptyErrorCounts(),
    normalised: emptyErrorCounts(),
    latents: [],
    samples: [],
  };
}

/** Blocks [blocks, k, k, k] of a slab, what is stored of them, and what a decoder makes of that. */
export interface CodedBlocks {
  readonly blocks: Blocks;
  readonly decoded: Blocks;
  readonly payload: Payload;
  readonly slab: Pick<Slab, 'shape' | 'firstBlock' | 'k' | 'owned'>;
  /** Those of the slab, where not all of its blocks are there. */
  readonly numbers?: Uint32Array | undefined;
}

/** `share`: so many samples besides the block with the largest error; undefined for none at all. */
export function surveyBlocks(
  { blocks, decoded, payload, slab, numbers }: CodedBlocks,
  { rows, scale }: ScaledRows,
  share: number | undefined,
): Survey {
  const { counts, worst } = countErrors(blocks, decoded, rows, slab.k ** 3);
  const indices = share === undefined || worst < 0 ? [] : [...new Set([worst, ...evenly(rows.length, share)])];
  return {
    ...emptySurvey(),
    blocks: rows.length,
    values: numbers ? blocks.length : volume(slab.owned),
    storedBytes: Object.values(payload).reduce((sum, { byteLength }) => sum + byteLength, 0),
    physical: counts,
    latents: latentsOf(payload),
    samples: indices.map((i) => {
      const name = nameBlock(slab.firstBlock + (numbers ? numbers[rows[i]] : rows[i]), slab);
      return sampleBlock(blocks, decoded, rows[i], slab.k, name, [scale[2 * i], scale[2 * i + 1]]);
    }),
  };
}

function latentsOf(payload: Payload): number[][] {
  if ('record' in payload || !(payload.latent instanceof Float32Array) || payload.scale.length === 0) return [];
  return countLatents(payload.latent, payload.latent.length / (payload.scale.length / 2));
}

/** Adds `more` of the same file and variable, or without samples of anything. */
export function addSurvey(sums: Survey, more: Survey): void {
  sums.blocks += more.blocks;
  sums.values += more.values;
  sums.storedBytes += more.storedBytes;
  addErrorCounts(sums.physical, more.physical);
  addErrorCounts(sums.normalised, more.normalised);
  sums.latents = addLatentCounts(sums.latents, more.latents);
  sums.samples = joinSamples(sums.samples, more.samples);
}

/** The worst of both first, then the others. */
function joinSamples([first, ...others]: readonly Sample[], [second, ...more]: readonly Sample[]): Sample[] {
  if (!first || !second) return [first, second].flatMap((sample) => sample ?? []).concat(others, more);
  const worst = second.largestError > first.largestError ? second : first;
  return [worst, ...others, ...more];
}
