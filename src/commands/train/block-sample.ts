import { random } from '../../models/random.js';
import { randomStream } from '../../models/sampling.js';

/** Blocks of a variable that are drawn together: neighbours, so that few places of a large run are read, and not all of it. */
export const groupBlocks = 512;
/** So many groups are looked at, at least: of a small run all. */
const fewestGroups = 1000;
/** Of the groups that are read as many blocks are taken as a share of one in so many: neighbours resemble each other. */
const thinning = 4;

/**
 * A random sample of the blocks of a run; the same on every rank. Blocks are known by their numbers in their variable, and the variable by
 * the number that its first block has among all of the run.
 */
export interface BlockSample {
  has(variable: number, block: number): boolean;
  /** Whether any of `count` blocks from `first` may be in it. */
  touches(variable: number, first: number, count: number): boolean;
  /** Whether all blocks are looked at, each by itself. */
  readonly isSpread: boolean;
}

/** Of about `most` blocks. */
export function createBlockSample(blockCount: number, most: number, seed: number): BlockSample {
  const share = Math.min(1, most / blockCount);
  const groupShare = Math.min(1, Math.max(thinning * share, fewestGroups / Math.ceil(blockCount / groupBlocks)));
  const blockShare = share / groupShare;
  const isDrawn = (purpose: number, number: number, probability: number) =>
    probability >= 1 || random(seed, purpose, number).uniform() < probability;
  /** By its first block. */
  const hasGroup = (start: number) => isDrawn(randomStream.groups, start, groupShare);
  return {
    has: (variable, block) =>
      hasGroup(variable + block - (block % groupBlocks)) && isDrawn(randomStream.sample, variable + block, blockShare),
    touches(variable, first, count) {
      for (let group = first - (first % groupBlocks); group < first + count; group += groupBlocks)
        if (hasGroup(variable + group)) return true;
      return false;
    },
    isSpread: groupShare === 1,
  };
}
